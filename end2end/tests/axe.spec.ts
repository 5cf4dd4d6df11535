//! axe finds nothing to complain about, whatever the screen, the colour scheme and the state of the link.

import { AxeBuilder } from '@axe-core/playwright';
import type { Page } from '@playwright/test';

import { RoomPage } from './room-page';
import { expect, FAILED_REQUESTS, test } from './test';

for (const colorScheme of ['light', 'dark'] as const) {
  for (const width of [320, 1440]) {
    test.describe(`${colorScheme}, ${width} px wide`, () => {
      test.use({ colorScheme, viewport: { width, height: 900 } });

      test('axe finds nothing while live, nor while silent', async ({ belfry, visitor, through }) => {
        const proxy = await through(belfry);
        await visitor.open(proxy.origin);
        await isAccessible(visitor);
        proxy.swallow();
        await expect(visitor.status).toHaveText(/^Silent/);
        await expect(visitor.truth).toContainText('Stopped at');
        await isAccessible(visitor);
      });

      test('nothing is wider than the screen', async ({ belfry, visitor }) => {
        await visitor.open(belfry.origin);
        await expect(visitor.pushes).not.toHaveCount(0);
        expect(await overflow(visitor.page)).toBe(0);
      });
    });
  }
}

for (const locale of ['en-GB', 'zh-CN']) {
  for (const colorScheme of ['light', 'dark'] as const) {
    test.describe(`${locale}, ${colorScheme}`, () => {
      test.use({ locale, colorScheme, expected: FAILED_REQUESTS });

      test('axe finds nothing on any page, and nothing is wider than a phone', async ({ start, page }) => {
        test.setTimeout(120_000);
        const belfry = await start({ flags: ['--interval', '1s'] });
        const closed = await start({ flags: ['--interval', '1s', '--status', 'token'] });
        await belfry.publish('numbers', 'one '.repeat(300), 'greeting');
        for (const text of ['a'.repeat(500), 'see https://example.com/', '你好', 'one\ntwo']) {
          await belfry.publish('chat/lobby', JSON.stringify({ name: 'N'.repeat(40), text }));
        }
        await belfry.publish('chat/lobby', 'from a program');
        for (const address of [
          `${belfry.origin}/`,
          `${belfry.origin}/status`,
          `${closed.origin}/status?login=failed`,
          `${belfry.origin}/console`,
          `${belfry.origin}/console?topic=numbers`,
          `${belfry.origin}/console?topic=quiet`,
          `${belfry.origin}/console?topic=a*b`,
          `${belfry.origin}/chat`,
          `${belfry.origin}/chat?room=a%2Fb`,
          `${belfry.origin}/chat/lobby`,
          `${belfry.origin}/chat/quiet`,
          `${belfry.origin}/chat/${'r'.repeat(64)}`,
          `${belfry.origin}/nothing-here`,
        ]) {
          await page.setViewportSize({ width: 1440, height: 900 });
          await page.goto(address);
          await expect(page.locator('.masthead .bell')).toHaveAttribute('data-beat', /./, { timeout: 10_000 });
          await isAccessible({ page });
          await page.setViewportSize({ width: 320, height: 640 });
          expect(await overflow(page), `${address} at 320 px`).toBe(0);
        }
      });
    });
  }
}

for (const [what, height] of Object.entries({ 'a phone': 640, 'a phone with its keyboard open': 360 })) {
  test(`in a room ${what} shows what was said and the form, and does not scroll itself`, async ({ belfry, page }) => {
    await page.setViewportSize({ width: 320, height });
    await belfry.publish('chat/lobby', JSON.stringify({ name: 'N'.repeat(40), text: 'the newest' }));
    const room = await new RoomPage(page).open(belfry.origin);
    await room.say('nobody says this');
    await expect(room.problem).toBeVisible();
    for (const seen of [room.field, room.send, room.row('the newest'), room.here]) {
      await expect(seen).toBeInViewport({ ratio: 1 });
    }
    await isAccessible({ page });
    const scrolls = () => document.documentElement.scrollHeight > innerHeight;
    expect(await page.evaluate(scrolls)).toBe(false);
    expect(await overflow(page)).toBe(0);
  });
}

async function overflow(page: Page): Promise<number> {
  return page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
}

async function isAccessible({ page }: { page: Page }): Promise<void> {
  const { violations } = await new AxeBuilder({ page }).analyze();
  const told = violations.map(({ id, help, nodes }) => ({ id, help, at: nodes.map((node) => node.html) }));
  expect(told).toEqual([]);
}
