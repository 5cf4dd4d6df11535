//! Without scripts, the page still tells the time.

import { expect, test } from './test';

// The page cannot know in advance that nothing will run the wasm.
test.use({ javaScriptEnabled: false, expected: /\.wasm was preloaded using link preload but not used/ });

test('without JavaScript the page shows the time as of page load, and reloads', async ({
  belfry,
  visitor,
}) => {
  await visitor.page.goto(`${belfry.origin}/`);
  await expect(visitor.timer).toHaveText(/^\s*\d\d:\d\d:\d\d\s*$/);
  await expect(visitor.page.locator('.zone', { hasText: 'UTC' })).toBeVisible();
  await expect(visitor.truth).toHaveText('As of page load');
  await expect(visitor.page.getByText('Without JavaScript, this page reloads')).toBeVisible();
  await expect(visitor.pill).toBeHidden();
  await expect(visitor.page.getByRole('button')).toHaveCount(0);

  const instant = await visitor.instant();
  expect(Math.abs(instant - Date.now())).toBeLessThan(5_000);
  await expect.poll(() => visitor.instant(), { timeout: 10_000 }).toBeGreaterThanOrEqual(instant + 4_000);
});

test('without JavaScript nobody is counted as reading', async ({ belfry, visitor }) => {
  await visitor.page.goto(`${belfry.origin}/`);
  await expect(visitor.card('Watching now').locator('.readers')).toHaveText('0');
  expect(belfry.log.filter((line) => line.includes('client connected'))).toEqual([]);
});
