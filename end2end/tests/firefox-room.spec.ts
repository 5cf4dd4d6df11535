//! The chat in a stock Firefox: two talk, and what is read stays where it is.

import { expect, test as base } from '@playwright/test';
import puppeteer, { type Browser, type Page } from 'puppeteer-core';

import { Belfry } from './belfry';
import { firefox } from './browsers';
import { fill } from './room-page';
import { jumpOnReadingBack } from './room-scroll';

/** Firefox starts slowly on a small machine. */
const STARTED_WITHIN_MS = 45_000;

const test = base.extend<{ belfry: Belfry; browsing: Browser }>({
  belfry: async ({}, use) => {
    const belfry = await Belfry.start({ flags: ['--interval', '1s'] });
    await use(belfry);
    await belfry.remove();
  },
  browsing: async ({}, use) => {
    const browser = await puppeteer.launch({
      browser: 'firefox',
      executablePath: firefox,
      headless: true,
      timeout: STARTED_WITHIN_MS,
    });
    await use(browser);
    await browser.close();
  },
});

test.skip(!firefox && !process.env.CI, 'needs Firefox: install it, or set BELFRY_FIREFOX');

async function enter(page: Page, belfry: Belfry, name: string): Promise<void> {
  await page.goto(`${belfry.origin}/chat/lobby`);
  await page.waitForSelector('.masthead .bell[data-beat]:not([data-beat=""])', { timeout: 15_000 });
  await page.type('#name', name);
}

const texts = (page: Page) => page.$$eval('.said .text', (all) => all.map((one) => one.textContent));

test('in Firefox two talk with each other', async ({ belfry, browsing }) => {
  const ada = await browsing.newPage();
  await enter(ada, belfry, 'Ada');
  const other = await browsing.createBrowserContext();
  const bob = await other.newPage();
  await enter(bob, belfry, 'Bob');
  await bob.type('#text', 'Hello, Ada');
  await bob.keyboard.press('Enter');
  await expect.poll(() => texts(ada), { timeout: 10_000 }).toEqual(['Hello, Ada']);
  await ada.bringToFront();
  await ada.type('#text', '你好');
  await ada.keyboard.down('Shift');
  await ada.keyboard.press('Enter');
  await ada.keyboard.up('Shift');
  await ada.type('#text', 'Bob');
  await ada.keyboard.press('Enter');
  for (const page of [ada, bob]) {
    await expect.poll(() => texts(page), { timeout: 10_000 }).toEqual(['Hello, Ada', '你好\nBob']);
  }
  const state = () => ada.$eval('.said:last-child .state', (it) => it.textContent);
  await expect.poll(state).toBe('delivered');
  const here = () => ada.$eval('.page-head .age', (it) => it.textContent!.replaceAll(/[\u2068\u2069]/g, ''));
  await expect.poll(here).toBe('2 here: Ada, Bob');
  await other.close();
  await expect.poll(here, { timeout: 10_000 }).toBe('1 here: Ada');
});

test('in Firefox older messages come without a jump', async ({ belfry, browsing }) => {
  await fill(belfry, 'lobby', 400);
  const page = await browsing.newPage();
  await page.goto(`${belfry.origin}/chat/lobby`);
  await page.waitForSelector('.masthead .bell[data-beat]:not([data-beat=""])', { timeout: 15_000 });
  const jumps = [];
  for (let jump = await page.evaluate(jumpOnReadingBack, 300); jump !== undefined; ) {
    jumps.push(jump);
    jump = await page.evaluate(jumpOnReadingBack, 300);
  }
  expect(jumps.length, 'times that older ones came').toBeGreaterThan(2);
  expect(Math.max(...jumps), `of ${jumps.join(', ')}`).toBeLessThanOrEqual(2);
});
