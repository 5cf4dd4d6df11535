//! Who goes to another page leaves the server, and is live again on coming back.

import { expect, test } from './test';
import { chromium } from './browsers';

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
