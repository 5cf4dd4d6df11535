//! Before the wasm has loaded, the digits tick anyway, and nothing that others put into the page is in the
//! way of what follows.

import type { Page } from '@playwright/test';

import { expect, test } from './test';

/** Holds the wasm back until it is told to let it go. */
async function holding(page: Page): Promise<() => void> {
  let go = () => {};
  const held = new Promise<void>((resolve) => (go = resolve));
  await page.route('**/*.wasm', async (route) => {
    await held;
    await route.continue();
  });
  return go;
}

/** The instant that the page was rendered with, in whole milliseconds. */
function rendered(page: Page): Promise<number> {
  return page.locator('#snapshot').evaluate((json) => JSON.parse(json.textContent!).now);
}

/** What a translator does to a page: the texts that it may touch come into elements of its own. */
function translate() {
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  const texts: Text[] = [];
  while (walker.nextNode()) {
    const text = walker.currentNode as Text;
    const within = text.parentElement!.closest('[translate], script, style, svg');
    if (text.data.trim() && (!within || within.getAttribute('translate') === 'yes')) {
      texts.push(text);
    }
  }
  for (const text of texts) {
    const [outer, inner] = [document.createElement('font'), document.createElement('font')];
    inner.append(text.data);
    outer.append(inner);
    text.replaceWith(outer);
  }
  return texts.length;
}

test.describe('before the wasm has come', () => {
  test.use({ locale: 'en-US', timezoneId: 'America/New_York' });

  test('the digits tick in the visitor’s zone, and say that nothing has checked them', async ({ belfry, visitor }) => {
    const { page } = visitor;
    const go = await holding(page);
    await page.goto(`${belfry.origin}/`, { waitUntil: 'domcontentloaded' });
    await expect(visitor.truth).toContainText('Not confirmed yet');
    await expect(page.locator('.zone')).toContainText('Eastern');
    await expect(visitor.timer).toHaveText(/[AP]M\s*$/);
    const first = await visitor.instant();
    expect(Math.abs(first - Date.now())).toBeLessThan(2_500);
    await expect.poll(() => visitor.instant()).toBeGreaterThan(first + 1_500);
    const before = await visitor.instant();
    expect(before - Date.now(), 'never ahead of the server').toBeLessThanOrEqual(0);
    const shown = page.evaluate(async () => {
      const time = document.querySelector<HTMLTimeElement>('.clock time')!;
      const seen: number[] = [];
      while (!document.querySelector('.truth')!.textContent!.includes('Within ±')) {
        seen.push(Date.parse(time.dateTime));
        await new Promise(requestAnimationFrame);
      }
      return [...seen, Date.parse(time.dateTime)];
    });
    go();
    await visitor.isLive();
    const seen = await shown;
    expect(seen, 'never backwards').toEqual([...seen].sort((one, other) => one - other));
  });
});

test('what comes out of a cache is not carried on', async ({ belfry, visitor }) => {
  const { page } = visitor;
  // A page of the browser's history that it did not keep alive.
  await page.addInitScript(() => {
    const entries = performance.getEntriesByType.bind(performance);
    performance.getEntriesByType = (type) =>
      type === 'navigation' ? [{ ...entries(type)[0].toJSON(), type: 'back_forward' }] : entries(type);
  });
  const go = await holding(page);
  await page.goto(`${belfry.origin}/`, { waitUntil: 'domcontentloaded' });
  // What ticks would have begun to before that.
  await expect(visitor.truth).toContainText('As of page load');
  expect(await visitor.instant()).toBe(await rendered(page));
  go();
  await visitor.isLive();
});

test('what an extension or a translator has put into the page before does not break it', async ({
  belfry,
  visitor,
}) => {
  const { page } = visitor;
  const go = await holding(page);
  await page.goto(`${belfry.origin}/`, { waitUntil: 'domcontentloaded' });
  const translated = await page.evaluate(translate);
  expect(translated).toBeGreaterThan(10);
  await page.evaluate(() => {
    for (const place of ['body', '#app', 'main', '.masthead', '.hero', '.clock time']) {
      document.querySelector(place)!.prepend(document.createElement('extension-of-somebody'));
    }
  });
  go();
  await visitor.isLive();
  const first = await visitor.instant();
  await expect.poll(() => visitor.instant()).toBeGreaterThan(first + 1_000);
  await page.getByRole('link', { name: 'Status' }).click();
  await expect(page.getByText('Live, updated every 2 s')).toBeVisible({ timeout: 10_000 });
});

test('what somebody has typed before stays, and so does the focus', async ({ belfry, page }) => {
  const go = await holding(page);
  await page.goto(`${belfry.origin}/console`, { waitUntil: 'domcontentloaded' });
  const topic = page.getByLabel('Topic');
  await topic.fill('numbers');
  await topic.evaluate((field) => field.after(document.createElement('extension-of-somebody')));
  go();
  await expect(page.locator('.masthead .bell')).toHaveAttribute('data-beat', /./, { timeout: 10_000 });
  await expect(page.getByLabel('Topic')).toHaveValue('numbers');
  await expect(page.getByLabel('Topic')).toBeFocused();
});

test('a translated page goes on: its digits, its figures, and the way to other pages', async ({
  belfry,
  visitor,
}) => {
  const { page } = visitor;
  await visitor.open(belfry.origin);
  expect(await page.evaluate(translate)).toBeGreaterThan(10);
  const first = await page.locator('.digits').innerText();
  await expect(page.locator('.digits')).not.toHaveText(first);
  await expect(page.locator('.pill')).toContainText(/confirmed 0\.\d s ago/);
  await page.getByRole('link', { name: 'Status' }).click();
  await expect(page.getByText('Live, updated every 2 s')).toBeVisible({ timeout: 10_000 });
  await page.evaluate(translate);
  const readers = page.locator('.panel .note').filter({ hasText: 'open stream' });
  await expect(readers).toBeVisible();
  const drawn = await page.locator('.field .line').first().getAttribute('d');
  await expect(page.locator('.field .line').first()).not.toHaveAttribute('d', drawn!);
  await page.getByRole('link', { name: 'Console' }).click();
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Console');
  await page.getByRole('link', { name: 'Time', exact: true }).click();
  await visitor.isLive();
});

test('where the wasm never comes, the digits are after a minute again the time of loading', async ({
  belfry,
  visitor,
}) => {
  const { page } = visitor;
  await page.addInitScript(() => {
    const now = performance.now.bind(performance);
    performance.now = () => now() + ((window as { later?: number }).later ?? 0);
  });
  await holding(page);
  await page.goto(`${belfry.origin}/`, { waitUntil: 'domcontentloaded' });
  await page.evaluate(() => Object.assign(window, { later: 30_000 }));
  await expect.poll(() => visitor.instant()).toBeGreaterThan((await rendered(page)) + 30_000);
  await expect(visitor.truth).toContainText('Not confirmed yet');
  await page.evaluate(() => Object.assign(window, { later: 60_000 }));
  await expect(visitor.truth).toContainText('As of page load');
  expect(await visitor.instant()).toBe(await rendered(page));
  await expect(page.locator('.zone')).toHaveText('UTC');
});
