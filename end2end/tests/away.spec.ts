//! A visitor who goes to another page leaves the server, and is live again on coming back.

import type { Page } from '@playwright/test';

import { chromium } from './browsers';
import { ConsolePage } from './console-page';
import { RoomPage } from './room-page';
import { expect, test } from './test';

// Playwright turns the back-forward cache off, with which a page comes back as it was left.
test.use({
  launchOptions: { ...chromium.launchOptions, ignoreDefaultArgs: ['--disable-back-forward-cache'] },
});

test('going away closes the stream, and coming back opens it', async ({ belfry, visitor }) => {
  await visitor.open(belfry.origin);
  await visitor.mark();
  await visitor.page.goto('about:blank');
  await expect.poll(() => belfry.log.at(-1)).toMatch(/client disconnected .* readers=0$/);
  // The cache brings no `load` to wait for.
  await visitor.page.goBack({ waitUntil: 'commit' });
  await visitor.isLive();
  // It came out of the cache: else this proves nothing of `pageshow`.
  await visitor.isMarked();
  await expect.poll(() => belfry.log.at(-1)).toMatch(/client connected .* readers=1$/);
  const instant = await visitor.instant();
  expect(Math.abs(instant - Date.now())).toBeLessThan(1_000);
});

for (const [how, cached, words, leave] of [
  ['another page', true, 'Delivered', async (page: Page, origin: string) => {
    await page.goto(`${origin}/chat`);
    await page.getByRole('main').getByRole('link', { name: 'lobby' }).click();
    return 2;
  }],
  ['the other language', false, '已送达', async (page: Page) => {
    await page.locator('.masthead').getByRole('link', { name: '简体中文' }).click();
    return 1;
  }],
] as const) {
  test(`what was sent by way of ${how} is in no field on coming back`, async ({ belfry, page }) => {
    const room = await new RoomPage(page).enter(belfry.origin, 'Ada');
    await room.field.fill('said once');
    await page.evaluate(() => Object.assign(window, { marked: true }));
    const steps = await leave(page, belfry.origin);
    await expect(room.said).toHaveCount(0);
    await room.isLive();
    await expect(room.field).toHaveValue('said once');
    await room.field.press('Enter');
    await expect(room.row('said once').locator('.state')).toHaveText(words);
    for (let step = 0; step < steps; step += 1) {
      await page.goBack({ waitUntil: 'commit' });
    }
    await room.isLive();
    expect(await page.evaluate(() => 'marked' in window), 'it came out of the cache').toBe(cached);
    await expect(room.field).toHaveValue('');
  });
}

test('what was published meanwhile is there on coming back, once and in order', async ({ belfry, page }) => {
  const console = new ConsolePage(page);
  await belfry.publish('numbers', 'before');
  await console.open(belfry.origin, 'numbers');
  await page.evaluate(() => Object.assign(window, { marked: true }));
  await page.goto('about:blank');
  await expect.poll(() => belfry.streams()).toBe(0);
  await belfry.publish('numbers', 'while away');
  await page.goBack({ waitUntil: 'commit' });
  await console.shows(['before', 'while away']);
  expect(await page.evaluate(() => 'marked' in window), 'it came out of the cache').toBe(true);
  await belfry.publish('numbers', 'after');
  await console.shows(['before', 'while away', 'after']);
});
