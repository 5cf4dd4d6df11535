//! A room in a tab that nobody looks at: the window's title counts the messages that have come.

import { expect, test as base } from '@playwright/test';
import puppeteer, { type Browser } from 'puppeteer-core';

import { Belfry } from './belfry';
import { chromium } from './browsers';
import { fill } from './room-page';

const test = base.extend<{ belfry: Belfry; browsing: Browser }>({
  belfry: async ({}, use) => {
    const belfry = await Belfry.start({ flags: ['--interval', '1s'] });
    await use(belfry);
    await belfry.remove();
  },
  // Not Playwright's browser: it keeps every tab visible.
  browsing: async ({}, use) => {
    const { executablePath, args } = chromium.launchOptions ?? {};
    const browser = await puppeteer.launch({ executablePath, args });
    await use(browser);
    await browser.close();
  },
});

test('the title of a hidden room counts what has come, until it is seen', async ({ belfry, browsing }) => {
  await fill(belfry, 'lobby', 3);
  const room = await browsing.newPage();
  await room.goto(`${belfry.origin}/chat/lobby`);
  await room.waitForSelector('.masthead .bell[data-beat]:not([data-beat=""])', { timeout: 10_000 });
  await fill(belfry, 'lobby', 1, 4);
  await expect.poll(() => room.$$eval('.said', (all) => all.length)).toBe(4);
  expect(await room.title()).toMatch(/^lobby/);
  const cover = await browsing.newPage();
  await cover.bringToFront();
  await expect.poll(() => room.evaluate(() => document.visibilityState)).toBe('hidden');
  await fill(belfry, 'lobby', 2, 5);
  await expect.poll(() => room.title(), { timeout: 10_000 }).toMatch(/^\(2\) lobby/);
  await room.bringToFront();
  await expect.poll(() => room.title(), { timeout: 10_000 }).toMatch(/^lobby/);
});
