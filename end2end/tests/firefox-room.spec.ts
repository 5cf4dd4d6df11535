//! The chat in a stock Firefox: two visitors talk, and what is being read stays where it is.

import { expect } from '@playwright/test';
import type { Page } from 'puppeteer-core';

import type { Belfry } from './belfry';
import { open, test, text, texts } from './firefox-fixtures';
import { fill } from './room-page';
import { jumpOnReadingBack } from './room-scroll';

async function enter(page: Page, belfry: Belfry, name: string): Promise<void> {
  await open(page, belfry, '/chat/lobby');
  await page.type('#name', name);
}

const said = (page: Page) => texts(page, '.said .text');

test('in Firefox two talk with each other', async ({ belfry, browsing }) => {
  const ada = await browsing.newPage();
  await enter(ada, belfry, 'Ada');
  const other = await browsing.createBrowserContext();
  const bob = await other.newPage();
  await enter(bob, belfry, 'Bob');
  await bob.type('#text', 'Hello, Ada');
  await bob.keyboard.press('Enter');
  await expect.poll(() => said(ada), { timeout: 10_000 }).toEqual(['Hello, Ada']);
  await ada.bringToFront();
  await ada.type('#text', '你好');
  await ada.keyboard.down('Shift');
  await ada.keyboard.press('Enter');
  await ada.keyboard.up('Shift');
  await ada.type('#text', 'Bob');
  await ada.keyboard.press('Enter');
  for (const page of [ada, bob]) {
    await expect.poll(() => said(page), { timeout: 10_000 }).toEqual(['Hello, Ada', '你好\nBob']);
  }
  const state = () => text(ada, '.said:last-child .state');
  await expect.poll(state).toBe('Delivered');
  const here = () => text(ada, '.page-head .age');
  await expect.poll(here).toBe('2 here: Ada, Bob');
  await other.close();
  await expect.poll(here, { timeout: 10_000 }).toBe('1 here: Ada');
});

test('in Firefox what waits goes by itself when the server is back, in order and once', async ({ belfry, browsing }) => {
  const page = await browsing.newPage();
  await enter(page, belfry, 'Ada');
  await belfry.kill();
  for (const text of ['one', 'two', 'three']) {
    await page.type('#text', text);
    await page.keyboard.press('Enter');
  }
  const states = () => texts(page, '.said .state');
  await expect.poll(states).toEqual(Array(3).fill('Waiting to send'));
  await belfry.run();
  // What it waits with is kept by the tab.
  await page.reload();
  const waits = async () => (await states()).filter((state) => state !== 'Delivered');
  await expect.poll(async () => [await said(page), await waits()], { timeout: 20_000 }).toEqual([['one', 'two', 'three'], []]);
  await page.reload();
  expect(await said(page)).toEqual(['one', 'two', 'three']);
});

test('in Firefox older messages come without a jump', async ({ belfry, browsing }) => {
  await fill(belfry, 'lobby', 400);
  const page = await browsing.newPage();
  await open(page, belfry, '/chat/lobby');
  const jumps = [];
  for (let jump = await page.evaluate(jumpOnReadingBack, 300); jump !== undefined; ) {
    jumps.push(jump);
    jump = await page.evaluate(jumpOnReadingBack, 300);
  }
  expect(jumps.length, 'times that older ones came').toBeGreaterThan(2);
  expect(Math.max(...jumps), `of ${jumps.join(', ')}`).toBeLessThanOrEqual(2);
});
