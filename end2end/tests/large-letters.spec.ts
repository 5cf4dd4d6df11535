//! Letters twice as large as usual on the smallest phone: nobody has to scroll sideways.

import { chromium } from './browsers';
import { RoomPage } from './room-page';
import { expect, test } from './test';

test.use({
  launchOptions: {
    ...chromium.launchOptions,
    args: [...(chromium.launchOptions?.args ?? []), '--blink-settings=defaultFontSize=32'],
  },
  viewport: { width: 320, height: 640 },
});

for (const path of ['/', '/status', '/chat', '/console?topic=numbers', '/console?topic=quiet', '/console?topic=a*b']) {
  test(`${path} is as wide as the window`, async ({ belfry, page }) => {
    await belfry.publish('numbers', '1');
    await page.goto(belfry.origin + path);
    await expect(page.locator('html')).toHaveCSS('font-size', '32px');
    await expect(page.locator('.masthead .bell')).toHaveAttribute('data-beat', /./, { timeout: 10_000 });
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(320);
  });
}

test('in a room the messages, its name and the form have their place', async ({ belfry, page }) => {
  const room = await new RoomPage(page).enter(belfry.origin, 'Ada');
  await room.say('hello there');
  await expect(room.row('hello there').locator('.state')).toHaveText('Delivered');
  expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(320);
  await room.naming.click();
  const width = async (part: typeof room.send) => (await part.boundingBox())?.width ?? 0;
  for (const part of [room.messages, room.name, room.field, room.send]) {
    expect(await width(part)).toBeGreaterThan(240);
  }
  expect((await room.messages.boundingBox())?.height).toBeGreaterThan(320);
  await page.getByRole('heading', { name: 'lobby' }).scrollIntoViewIfNeeded();
  await expect(page.getByRole('heading', { name: 'lobby' })).toBeInViewport({ ratio: 1 });
});
