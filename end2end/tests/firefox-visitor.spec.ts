//! In a stock Firefox: whose stream it is, how times are written, and the list of rooms.

import { expect } from '@playwright/test';
import type { Page } from 'puppeteer-core';

import { open, test, text, texts } from './firefox-fixtures';
import { fill } from './room-page';

/** A stream that ended for a sign-out is opened again after a second or so. */
const NOTICED = { timeout: 15_000 };

test.describe('a server that shows its status to those with a token', () => {
  test.use({ flags: ['--status', 'token'] });

  test('in Firefox tabs follow who is signed in', async ({ belfry, browsing }) => {
    test.setTimeout(120_000);
    await belfry.publish('staff', 'for all');
    await belfry.publishPrivately('staff', 'for Ada');
    const tabs = [await browsing.newPage(), await browsing.newPage()];
    for (const tab of tabs) {
      await open(tab, belfry, '/console?topic=staff');
    }
    const show = async (...expected: string[]) => {
      for (const tab of tabs) {
        // Also while the page is reloading.
        const written = () => texts(tab, '.rows .written').catch(() => []);
        await expect.poll(written, NOTICED).toEqual(expected);
      }
    };
    await show('for all');

    const door = await browsing.newPage();
    await open(door, belfry, '/status');
    await door.type('main input[type=password]', belfry.tokenOf('Ada', 'staff'));
    await door.click('main form button');
    await expect.poll(() => door.$('form[action="/logout"]').then(Boolean).catch(() => false), NOTICED).toBe(true);
    await show('for Ada', 'for all');

    await tabs[1].bringToFront();
    await tabs[1].click('form[action="/logout"] button');
    await show('for all');
    await belfry.publishPrivately('staff', 'for Ada again');
    await belfry.publish('staff', 'for all again');
    await show('for all again', 'for all');
  });
});

/** What the page of the time says, once the browser's half is at work. */
async function face(page: Page): Promise<{ digits: string; date: string }> {
  await expect.poll(() => text(page, '.truth'), NOTICED).toMatch(/Within ±/);
  return { digits: (await text(page, '[role=timer]')).trim(), date: await text(page, '.date') };
}

for (const [locale, digits, date] of [
  ['de-DE', /^([01]\d|2[0-3]):\d\d:\d\d(\.\d)?$/, /^\w+,? \d{1,2} \w+ \d{4} · /],
  ['en-US', /^(\d|1[0-2]):\d\d:\d\d(\.\d)?\s*[AP]M$/, /^\w+, \w+ \d{1,2}, \d{4} · /],
] as const) {
  test.describe(`a browser of ${locale}`, () => {
    test.use({ preferences: { 'intl.accept_languages': locale } });

    test(`in Firefox times are written as in ${locale}, unless one says otherwise`, async ({ belfry, browsing }) => {
      const page = await browsing.newPage();
      await open(page, belfry, '/');
      const shown = await face(page);
      expect(shown.digits).toMatch(digits);
      expect(shown.date).toMatch(date);
      await page.locator('button ::-p-text(UTC)').click();
      await expect.poll(() => text(page, '.zone')).toBe('UTC');
      await page.reload();
      await face(page);
      await expect.poll(() => text(page, '.zone')).toBe('UTC');
    });
  });
}

test('in Firefox the list of rooms is live', async ({ belfry, browsing }) => {
  await fill(belfry, 'attic', 1);
  const page = await browsing.newPage();
  await open(page, belfry, '/chat');
  const names = () => texts(page, 'main ul a, main ol a');
  expect(await names()).toEqual(['attic', 'lobby']);
  await fill(belfry, 'lobby', 1);
  await expect.poll(names, NOTICED).toEqual(['lobby', 'attic']);
  await belfry.publish('chat/brand new', JSON.stringify({ name: 'Eve', text: 'first' }));
  await expect.poll(names, NOTICED).toEqual(['brand new', 'lobby', 'attic']);
  const other = await (await browsing.createBrowserContext()).newPage();
  await open(other, belfry, '/chat/attic');
  await other.type('#name', 'Bob');
  await other.keyboard.press('Tab');
  const who = async () => (await texts(page, 'main li .who')).map((one) => one.trim());
  await expect.poll(who, NOTICED).toEqual(['', '', '1 here: Bob']);
  await other.type('#text', 'hello');
  await other.keyboard.press('Enter');
  await expect.poll(names, NOTICED).toEqual(['attic', 'brand new', 'lobby']);
});
