//! The visitor's region decides how times are written, whatever the page's language, and the visitor can
//! choose otherwise.

import { faketime, NO_FAKETIME, off } from './faketime';
import { expect, test } from './test';

/** The digits with what stands around them. */
const FACE_24 = /^\s*([01]\d|2[0-3]):\d\d:\d\d(\.\d)?\s*$/;
const FACE_12 = /^\s*(\d|1[0-2]):\d\d:\d\d(\.\d)?\s*[AP]M\s*$/;

test.describe('a German browser', () => {
  test.use({ locale: 'de-DE', timezoneId: 'Europe/Berlin' });

  test('reads English in 24 hours, with the day before the month', async ({ belfry, visitor }) => {
    await visitor.open(belfry.origin);
    await expect(visitor.page.locator('html')).toHaveAttribute('lang', 'en');
    await expect(visitor.timer).toHaveText(FACE_24);
    await expect(visitor.page.locator('.date')).toHaveText(/^\w+,? \d{1,2} \w+ \d{4} · Central European/);
  });
});

test.describe('an American browser', () => {
  test.use({ locale: 'en-US', timezoneId: 'America/New_York' });

  test('reads 12 hours and the month first, unless it is told otherwise, which is remembered', async ({
    belfry,
    visitor,
  }) => {
    const { page } = visitor;
    await visitor.open(belfry.origin);
    await expect(visitor.timer).toHaveText(FACE_12);
    await expect(page.locator('.date')).toHaveText(/^\w+, \w+ \d{1,2}, \d{4} · Eastern/);
    const [hours, utc] = [page.getByRole('button', { name: '24-hour' }), page.getByRole('button', { name: 'UTC' })];
    await expect(hours).toHaveAttribute('aria-pressed', 'false');
    await hours.click();
    await utc.click();
    await expect(utc).toBeFocused();
    const isSo = async () => {
      await expect(visitor.timer).toHaveText(FACE_24);
      await expect(page.locator('.zone')).toHaveText('UTC');
      await expect(hours).toHaveAttribute('aria-pressed', 'true');
      await expect(utc).toHaveAttribute('aria-pressed', 'true');
    };
    await isSo();
    await page.reload();
    await visitor.isLive();
    await isSo();
    await hours.click();
    await utc.click();
    await expect(visitor.timer).toHaveText(FACE_12);
    await expect(page.locator('.zone')).toContainText('Eastern');
  });

  test('another tab follows a choice', async ({ belfry, visitor, context }) => {
    await visitor.open(belfry.origin);
    const other = await context.newPage();
    await other.goto(`${belfry.origin}/`);
    await other.getByRole('button', { name: 'UTC' }).click();
    await expect(other.locator('.zone')).toHaveText('UTC');
    await expect(visitor.page.locator('.zone')).toHaveText('UTC');
  });
});

test('the open page follows a change of the time zone', async ({ belfry, visitor }) => {
  const { page } = visitor;
  const session = await page.context().newCDPSession(page);
  await session.send('Emulation.setTimezoneOverride', { timezoneId: 'Asia/Tokyo' });
  await visitor.open(belfry.origin);
  await expect(page.locator('.zone')).toHaveText('Japan Standard Time');
  await session.send('Emulation.setTimezoneOverride', { timezoneId: 'Asia/Kolkata' });
  await expect(page.locator('.zone')).toHaveText('India Standard Time');
  const minute = () => page.locator('.digits').innerText();
  const of = (zone: string) =>
    new Date().toLocaleTimeString('en-US', { timeZone: zone, timeStyle: 'short' }).replace(/\s?[AP]M/, '');
  await expect.poll(async () => (await minute()).startsWith(of('Asia/Kolkata'))).toBe(true);
});

test.describe('on the night when the clocks are changed', () => {
  test.skip(!faketime && !process.env.CI, NO_FAKETIME);
  test.use({ locale: 'en-GB', timezoneId: 'Europe/London' });

  test('the open page goes from 00:59:59 to 02:00:00, and names the new time', async ({ start, visitor }) => {
    const change = Date.UTC(2027, 2, 28, 1, 0, 0);
    const ahead = Math.round((change - 12_000 - Date.now()) / 1000);
    const belfry = await start({ flags: ['--interval', '1s'], env: off(ahead) });
    const { page } = visitor;
    await visitor.open(belfry.origin);
    await expect(page.locator('.zone')).toHaveText('Greenwich Mean Time');
    await expect(visitor.timer).toHaveText(/^\s*00:59:5/);
    await expect(page.locator('.zone')).toHaveText('British Summer Time', { timeout: 15_000 });
    await expect(visitor.timer).toHaveText(/^\s*02:00:0/);
  });
});

test('a locale that is none does not kill the page', async ({ belfry, visitor }) => {
  const { page } = visitor;
  await page.addInitScript(() => {
    Object.defineProperty(navigator, 'languages', { get: () => ['en-US@posix', 'C'] });
    Object.defineProperty(navigator, 'language', { get: () => 'en-US@posix' });
  });
  await visitor.open(belfry.origin);
  await expect(visitor.timer).toHaveText(FACE_12);
  await page.getByRole('link', { name: 'Status' }).click();
  await expect(page.getByText('Live, updated every 2 s')).toBeVisible({ timeout: 10_000 });
});
