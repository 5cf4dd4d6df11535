//! The console shows what is published to a topic, as it arrives.

import { ConsolePage } from './console-page';
import { expect, FAILED_REQUESTS, test } from './test';

test('what was published is there, and what is published comes', async ({ belfry, page }) => {
  const console = new ConsolePage(page);
  await belfry.publish('chat/lobby', 'one', 'greeting');
  await console.open(belfry.origin, 'chat/lobby');
  await expect(console.rows.first()).toContainText('greeting');
  await belfry.publish('chat/lobby', 'two');
  await console.shows(['one', 'two']);
  expect((await console.rows.first().innerText()).includes('two'), 'newest first').toBe(true);
});

test('text is text, in what the server renders and in what comes live', async ({ belfry, page }) => {
  const markup = '<img src=x onerror=alert(1)><script>alert(2)</script>&amp;';
  const console = new ConsolePage(page);
  page.on('dialog', () => expect(false, 'nothing that was published runs').toBe(true));
  await belfry.publish('numbers', markup);
  await console.open(belfry.origin, 'numbers');
  await belfry.publish('numbers', markup);
  await console.shows([markup, markup]);
});

test('a topic is asked for by a form, and nothing is there until somebody publishes', async ({ belfry, page }) => {
  await page.goto(`${belfry.origin}/console`);
  await page.getByLabel('Topic').fill('quiet/topic');
  await page.getByRole('button', { name: 'Show' }).click();
  await expect(page).toHaveURL(`${belfry.origin}/console?topic=quiet%2Ftopic`);
  await expect(page.getByRole('main')).toContainText('No events on “quiet/topic” yet.');
  await expect(page.locator('.masthead .bell')).toHaveAttribute('data-beat', /./, { timeout: 10_000 });
  await belfry.publish('quiet/topic', 'first');
  await new ConsolePage(page).shows(['first']);
});

test('a screen reader is told of what comes, and of many at once by their number', async ({ belfry, page }) => {
  await belfry.publish('numbers', 'before');
  await new ConsolePage(page).open(belfry.origin, 'numbers');
  const spoken = page.locator('.listed > [aria-live=polite]');
  await expect(spoken).toBeEmpty();
  await belfry.publish('numbers', 'first');
  await expect(spoken).toHaveText('first');
  for (const data of ['second', 'third', 'fourth']) {
    await belfry.publish('numbers', data);
  }
  await expect(spoken).toHaveText('3 new events', { timeout: 10_000 });
});

test('a name that no topic can have is explained', async ({ belfry, page }) => {
  await page.goto(`${belfry.origin}/console?topic=a*b`);
  await expect(page.getByRole('alert')).toContainText('That name can’t be used for a topic');
  await expect(page.getByLabel('Topic')).toHaveValue('a*b');
});

test.describe('while the server is away', () => {
  test.use({ expected: FAILED_REQUESTS });

  test('a new log in its place is announced as a gap', async ({ belfry, page }) => {
    const console = new ConsolePage(page);
    await belfry.publish('numbers', 'of the first log');
    await console.open(belfry.origin, 'numbers');
    await belfry.startOver();
    await belfry.publish('numbers', 'of the second log');
    await expect(console.rows.first()).toContainText('of the second log', { timeout: 20_000 });
    await expect(console.rows.nth(1)).toHaveText('Some events are missing here.');
  });
});
