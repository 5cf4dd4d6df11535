//! The connection in trouble: whatever happens to it, each event is shown once, in order, and the page says
//! that it is not connected.

import { expect, FAILED_REQUESTS, test } from './test';
import { ConsolePage } from './console-page';
import type { Belfry } from './belfry';
import type { Proxy } from './proxy';

const LIVE_WITHIN_MS = 20_000;

/** Publishes some events before, during and after the trouble. */
async function survives(
  belfry: Belfry,
  console: ConsolePage,
  origin: string,
  begin: () => Promise<void> | void,
  end: () => Promise<void> | void,
): Promise<void> {
  await belfry.publish('numbers', 'before');
  await console.open(origin, 'numbers');
  await expect(console.banner).toBeHidden();
  await begin();
  await expect(console.banner).toBeVisible({ timeout: 10_000 });
  await expect(console.banner).toContainText(/Waiting|Silent|Opening/);
  await end();
  await belfry.publish('numbers', 'during, or just after');
  await expect(console.banner).toBeHidden({ timeout: LIVE_WITHIN_MS });
  await belfry.publish('numbers', 'after');
  await console.shows(['before', 'during, or just after', 'after']);
}

test.describe('with requests that fail', () => {
  test.use({ expected: FAILED_REQUESTS });

  for (const status of [
    '500 Internal Server Error',
    '502 Bad Gateway',
    '503 Service Unavailable',
    '504 Gateway Timeout',
    '429 Too Many Requests',
  ]) {
    test(`a while of ${status} is survived`, async ({ belfry, page, through }) => {
      const proxy = await through(belfry);
      const answers = async () => {
        proxy.answer(status);
        await expect.poll(() => proxy.streamsAnswered, { timeout: 15_000 }).toBeGreaterThan(1);
        await belfry.publish('numbers', 'while it answered so');
      };
      const console = new ConsolePage(page);
      await belfry.publish('numbers', 'before');
      await console.open(proxy.origin, 'numbers');
      await answers();
      await expect(console.banner).toContainText('Waiting', { timeout: 10_000 });
      proxy.pass();
      await expect(console.banner).toBeHidden({ timeout: LIVE_WITHIN_MS });
      await console.shows(['before', 'while it answered so']);
    });
  }

  test('a server that goes and comes back is survived', async ({ belfry, page }) => {
    const console = new ConsolePage(page);
    await survives(belfry, console, belfry.origin, () => belfry.kill(), () => belfry.run());
  });

  test('a network that goes and comes back is survived, at once', async ({ belfry, page, context, through }) => {
    const proxy = await through(belfry);
    const console = new ConsolePage(page);
    const go = async () => {
      proxy.refuse();
      await context.setOffline(true);
    };
    const come = async () => {
      proxy.pass();
      await context.setOffline(false);
    };
    await survives(belfry, console, proxy.origin, go, come);
  });
});

test('a proxy that swallows everything without closing is survived', async ({ belfry, page, through }) => {
  const proxy: Proxy = await through(belfry);
  const console = new ConsolePage(page);
  await survives(belfry, console, proxy.origin, () => proxy.swallow(), () => proxy.release());
});

test.describe('the banner', () => {
  test.use({ expected: FAILED_REQUESTS });

  test('does not come for a cut that heals at once', async ({ belfry, page, through }) => {
    const proxy = await through(belfry);
    const console = new ConsolePage(page);
    await belfry.publish('numbers', 'before');
    await console.open(proxy.origin, 'numbers');
    await page.evaluate(() => {
      const banner = document.querySelector('.banner')!;
      const seen = () => Object.assign(window, { seen: true });
      new MutationObserver(seen).observe(banner, { attributes: true, attributeFilter: ['hidden'] });
    });
    proxy.cut();
    await belfry.publish('numbers', 'after');
    await console.shows(['before', 'after']);
    expect(await page.evaluate(() => 'seen' in window), 'it was shown').toBe(false);
  });

  test('goes within two seconds of the stream’s coming back, and says both to a screen reader', async ({
    belfry,
    page,
    through,
  }) => {
    const proxy = await through(belfry);
    const console = new ConsolePage(page);
    const spoken = page.locator('.page > [aria-live=polite]');
    await belfry.publish('numbers', 'before');
    await console.open(proxy.origin, 'numbers');
    await expect(spoken).toHaveText('');
    proxy.refuse();
    await expect(console.banner).toBeVisible({ timeout: 10_000 });
    await expect(spoken).toHaveText('Not connected');
    proxy.pass();
    await expect.poll(() => belfry.streams(), { timeout: LIVE_WITHIN_MS }).toBe(1);
    await expect(console.banner).toBeHidden({ timeout: 2_000 });
    await expect(spoken).toHaveText('Reconnected');
  });
});
