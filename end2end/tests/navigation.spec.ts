//! From page to page without a load: the stream goes on, and so does the clock.

import { expect, FAILED_REQUESTS, test } from './test';

test('the pages are changed without a load, and the stream goes on', async ({ belfry, visitor }) => {
  const { page } = visitor;
  await visitor.open(belfry.origin);
  await visitor.mark();
  const pages = page.getByRole('navigation', { name: 'Pages' });
  await expect(pages.getByRole('link', { name: 'Time' })).toHaveAttribute('aria-current', 'page');

  await pages.getByRole('link', { name: 'Console' }).click();
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Console');
  await expect(page).toHaveURL(`${belfry.origin}/console`);
  await expect(page).toHaveTitle('Console · Belfry');
  await expect(page.getByRole('main')).toBeFocused();
  await expect(pages.getByRole('link', { name: 'Console' })).toHaveAttribute('aria-current', 'page');

  await page.goBack();
  await expect(visitor.timer).toBeVisible();
  await expect(page).toHaveTitle(/^\d{1,2}:\d\d( [AP]M)? · Belfry$/);
  // The clock was kept all the while: it needs no new measurement.
  await expect(visitor.truth).toContainText('Within ±', { timeout: 500 });
  await visitor.isMarked();
  const connected = belfry.log.filter((line) => line.includes('client connected'));
  expect(connected, 'one stream for all pages').toHaveLength(1);
});

test('a page that needs another topic gets it by a stream that replaces the first', async ({
  belfry,
  visitor,
}) => {
  const { page } = visitor;
  await visitor.open(belfry.origin);
  await visitor.mark();
  await page.getByRole('link', { name: 'Status' }).click();
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Status');
  await expect.poll(() => belfry.log.at(-1)).toMatch(/client disconnected .* readers=1$/);
  await expect(page.locator('.banner')).toBeHidden();
  await visitor.isMarked();
});

test('a modified click and a link elsewhere are left to the browser', async ({ belfry, visitor }) => {
  const { page } = visitor;
  await visitor.open(belfry.origin);
  const [opened] = await Promise.all([
    page.context().waitForEvent('page'),
    page.getByRole('link', { name: 'Console' }).click({ modifiers: ['ControlOrMeta'] }),
  ]);
  await expect(opened).toHaveURL(`${belfry.origin}/console`);
  await expect(page).toHaveURL(`${belfry.origin}/`);
});

test('the keyboard passes the masthead by', async ({ belfry, visitor }) => {
  const { page } = visitor;
  await visitor.open(belfry.origin);
  await page.keyboard.press('Tab');
  const skip = page.getByRole('link', { name: 'Skip to content' });
  await expect(skip).toBeFocused();
  await expect(skip).toBeInViewport();
  await page.keyboard.press('Enter');
  await expect(page.getByRole('main')).toBeFocused();
});

test.describe('where nothing is', () => {
  test.use({ expected: FAILED_REQUESTS });

  test('a page that is not there says so, and leads on', async ({ belfry, page }) => {
    const answer = await page.goto(`${belfry.origin}/nothing/here`);
    expect(answer?.status()).toBe(404);
    await expect(page.getByRole('main')).toContainText('/nothing/here');
    await page.getByRole('main').getByRole('link', { name: 'Time' }).click();
    await expect(page.getByRole('timer')).toBeVisible();
  });
});

test.describe('while the server is away', () => {
  test.use({ expected: FAILED_REQUESTS });

  for (const [name, missing, there] of [
    ['Status', 'No response', 'Host'],
    ['Console', 'The server didn’t respond.', 'Topic'],
    ['Chat', 'The server didn’t respond.', 'lobby'],
  ]) {
    test(`who goes to another page is shown it when the server is back: ${name}`, async ({ belfry, visitor }) => {
      const { page } = visitor;
      await visitor.open(belfry.origin);
      await visitor.mark();
      await belfry.kill();
      await page.getByRole('navigation', { name: 'Pages' }).getByRole('link', { name }).click();
      const main = page.getByRole('main');
      await expect(main).toContainText(missing);
      await belfry.run();
      await expect(main).toContainText(there, { timeout: 20_000 });
      await expect(main).not.toContainText(missing);
      await visitor.isMarked();
    });
  }
});
