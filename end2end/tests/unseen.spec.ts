//! Tabs that nobody sees: hidden, and frozen by the browser.

import { networkInterfaces } from 'node:os';

import { test as base } from '@playwright/test';
import puppeteer, { type Browser, type Page } from 'puppeteer-core';

import { Belfry } from './belfry';
import { chromium } from './browsers';
import { Publisher } from './publisher';
import { expect } from './test';

const LIVE_WITHIN_MS = 20_000;

/** How long the tab is frozen. */
const A_MINUTE_MS = 60_000;

const test = base.extend<{ host: string | undefined; belfry: Belfry; browsing: Browser }>({
  host: [undefined, { option: true }],
  belfry: async ({ host }, use) => {
    const belfry = await Belfry.start({ host, flags: ['--interval', '1s'] });
    await use(belfry);
    await belfry.remove();
  },
  // Not Playwright's browser: it keeps every tab visible, and none that is visible can be frozen.
  browsing: async ({}, use) => {
    const { executablePath, args } = chromium.launchOptions ?? {};
    const browser = await puppeteer.launch({ executablePath, args });
    await use(browser);
    await browser.close();
  },
});

/** Opens the console of a topic in a tab of its own, and waits until it is live. */
async function open(browser: Browser, belfry: Belfry): Promise<Page> {
  const page = await browser.newPage();
  await page.goto(`${belfry.origin}/console?topic=numbers`);
  await page.waitForSelector('.masthead .bell[data-beat]:not([data-beat=""])', { timeout: 10_000 });
  return page;
}

/** The data of every event, oldest first. */
async function heard(page: Page): Promise<string[]> {
  const rows = await page.$$eval('.rows .written', (rows) => rows.map((row) => (row as HTMLElement).textContent!));
  return rows.reverse();
}

async function shows(page: Page, expected: string[]): Promise<void> {
  await expect.poll(() => heard(page), { timeout: LIVE_WITHIN_MS }).toEqual(expected);
}

async function freeze(page: Page, state: 'frozen' | 'active'): Promise<void> {
  const session = await page.createCDPSession();
  await session.send('Page.setWebLifecycleState', { state });
  await session.detach();
}

test('the leader is frozen while events are published: each is shown once, in order', async ({
  belfry,
  browsing,
}) => {
  const publisher = new Publisher(belfry, 'numbers');
  await publisher.more(1);
  const leader = await open(browsing, belfry);
  const others = [await open(browsing, belfry), await open(browsing, belfry)];
  expect(belfry.mostStreams()).toBe(1);
  const before = belfry.log.length;
  await freeze(leader, 'frozen');
  const again = () => belfry.log.slice(before).some((line) => line.includes('client connected'));
  await expect.poll(again, { timeout: 10_000 }).toBe(true);
  await publisher.more(10);
  await freeze(leader, 'active');
  await leader.bringToFront();
  await publisher.more(5);
  const published = await publisher.stop();
  for (const tab of [leader, ...others]) {
    await expect
      .poll(async () => (await heard(tab)).at(-1), { timeout: LIVE_WITHIN_MS })
      .toBe(published.at(-1));
    const all = await heard(tab);
    expect(all.length).toBeGreaterThan(15);
    expect(all).toEqual(published.slice(-all.length));
  }
  await expect.poll(() => belfry.streams()).toBe(1);
});

test('a tab that was frozen for a minute goes on where it was', async ({ belfry, browsing }) => {
  test.setTimeout(2 * A_MINUTE_MS);
  await belfry.publish('numbers', 'before');
  const tab = await open(browsing, belfry);
  const cover = await browsing.newPage();
  await cover.bringToFront();
  await freeze(tab, 'frozen');
  await expect.poll(() => belfry.streams()).toBe(0);
  await belfry.publish('numbers', 'while frozen');
  // The browser's own clock: nothing here could be made to run faster.
  await new Promise((resolve) => setTimeout(resolve, A_MINUTE_MS));
  await freeze(tab, 'active');
  await tab.bringToFront();
  await shows(tab, ['before', 'while frozen']);
  await belfry.publish('numbers', 'after');
  await shows(tab, ['before', 'while frozen', 'after']);
});

test.describe('at an address where tabs cannot share', () => {
  // Plain HTTP, and not this machine's own name for itself: no secure context.
  test.use({ host: '0.0.0.0' });

  test('each tab has a stream while it is seen, and none while it is not', async ({ belfry, browsing }) => {
    const origin = `http://${ownAddress()}:${belfry.port}`;
    const tabs: Awaited<ReturnType<typeof browsing.newPage>>[] = [];
    for (let index = 0; index < 3; index += 1) {
      const tab = await browsing.newPage();
      await tab.goto(`${origin}/`);
      await expect.poll(() => tab.$eval('[role=status]', (it) => it.textContent), { timeout: 10_000 }).toBe('Live');
      tabs.push(tab);
    }
    await expect.poll(() => belfry.streams(), { timeout: 10_000 }).toBe(1);
    await tabs[0].bringToFront();
    await expect.poll(() => tabs[0].$eval('[role=status]', (it) => it.textContent)).toBe('Live');
    await expect.poll(() => belfry.streams()).toBe(1);
  });
});

/** An address of this machine that is no loopback address. */
function ownAddress(): string {
  const all = Object.values(networkInterfaces()).flat();
  const own = all.find((address) => address && address.family === 'IPv4' && !address.internal);
  expect(own, 'this machine has a network').toBeDefined();
  return own!.address;
}
