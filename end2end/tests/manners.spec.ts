//! Small things that people run into: copying, forms, the foot of the page, what covers what.

import { expect, FAILED_REQUESTS, test } from './test';

test('a button that copies keeps the focus, and the page', async ({ belfry, visitor, context }) => {
  const { page } = visitor;
  await context.grantPermissions(['clipboard-read', 'clipboard-write']);
  await visitor.open(belfry.origin);
  await visitor.mark();
  const copy = page.getByRole('button', { name: 'Copy curl' });
  await copy.press('Enter');
  await expect(page.getByRole('button', { name: 'Copied curl' })).toBeFocused();
  expect(await page.evaluate(() => navigator.clipboard.readText())).toBe(`curl -N ${belfry.origin}/sse`);
  await visitor.isMarked();
});

test('a form that asks for a page does not reload it, and keeps the focus', async ({ belfry, visitor }) => {
  const { page } = visitor;
  await page.goto(`${belfry.origin}/console`);
  await expect(page.locator('.masthead .bell')).toHaveAttribute('data-beat', /./, { timeout: 10_000 });
  await visitor.mark();
  await page.getByLabel('Topic').fill('a/b & c');
  await page.getByLabel('Topic').press('Enter');
  await expect(page).toHaveURL(`${belfry.origin}/console?topic=a%2Fb+%26+c`);
  await expect(page.getByRole('main')).toContainText('No events on “a/b & c” yet');
  await expect(page.getByLabel('Topic')).toBeFocused();
  await expect(page.getByLabel('Topic')).toHaveValue('a/b & c');
  await page.getByLabel('Topic').fill('other');
  await page.getByRole('button', { name: 'Show' }).press('Enter');
  await expect(page.getByRole('main')).toContainText('No events on “other” yet');
  await expect(page.getByRole('button', { name: 'Show' })).toBeFocused();
  await visitor.isMarked();
  await page.goBack();
  await expect(page.getByRole('main')).toContainText('No events on “a/b & c” yet');
});

test('where people type, the direction is that of what they type', async ({ belfry, page }) => {
  await page.goto(`${belfry.origin}/console`);
  await expect(page.getByLabel('Topic')).toHaveAttribute('dir', 'auto');
  await page.goto(`${belfry.origin}/chat/lobby`);
  await expect(page.getByLabel('Your name')).toHaveAttribute('dir', 'auto');
  await expect(page.getByLabel('Message', { exact: true })).toHaveAttribute('dir', 'auto');
});

test('the foot says what this is, and leads to the documents', async ({ belfry, visitor }) => {
  const { page } = visitor;
  await visitor.open(belfry.origin);
  const foot = page.getByRole('contentinfo');
  await expect(foot).toContainText('pushes the server’s time, and whatever you publish');
  await expect(foot).toContainText(/Belfry \d+\.\d+\.\d+/);
  await foot.getByRole('link', { name: 'Operations' }).click();
  await expect(page).toHaveURL(`${belfry.origin}/documents/operations.md`);
  await expect(page.locator('body')).toContainText('# Operating Belfry');
});

test.describe('while the server is away', () => {
  test.use({ expected: FAILED_REQUESTS });

  for (const path of ['/console', '/chat/lobby']) {
    for (const width of [320, 1440]) {
      test(`the banner does not cover the navigation of ${path}, ${width} pixels wide`, async ({ belfry, page }) => {
        await page.setViewportSize({ width, height: 720 });
        await page.goto(`${belfry.origin}${path}`);
        await expect(page.locator('.masthead .bell')).toHaveAttribute('data-beat', /./, { timeout: 10_000 });
        await belfry.stop();
        const banner = page.locator('.banner');
        await expect(banner).toBeVisible({ timeout: 10_000 });
        const over = (await banner.boundingBox())!;
        const mast = (await page.locator('.masthead').boundingBox())!;
        expect(over.y).toBeGreaterThanOrEqual(mast.y + mast.height);
        expect(over.x + over.width).toBeLessThanOrEqual(width);
      });
    }
  }
});
