//! Who goes to another page leaves the server, and is live again on coming back.

import { chromium } from './browsers';
import { ConsolePage } from './console-page';
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
