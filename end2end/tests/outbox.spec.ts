//! Messages that wait to be sent: they are sent by themselves, in order and once, and outlive the page.

import type { Page, Route } from '@playwright/test';

import type { Belfry } from './belfry';
import { WORDS } from './chat-words';
import { RoomPage } from './room-page';
import { expect, FAILED_REQUESTS, test } from './test';

const POSTS = '**/chat/lobby';

/** A whole hour, in microseconds. */
const HOUR = 3_600_000_000;

/** The fifth attempt comes so long after the fourth by itself, at least. */
const FIFTH_AFTER_MS = 4_000;

test.use({ expected: FAILED_REQUESTS });

/** Answers what is posted, and nothing else. */
async function answer(page: Page, how: (route: Route) => Promise<void>): Promise<void> {
  await page.route(POSTS, (route) => (route.request().method() === 'POST' ? how(route) : route.continue()));
}

async function areDelivered(room: RoomPage, texts: string[], within = 20_000): Promise<void> {
  await expect(room.said.last().locator('.state')).toHaveText(room.words.delivered, { timeout: within });
  await expect.poll(() => room.texts.allInnerTexts(), { timeout: within }).toEqual(texts);
}

test('one request that fails while the stream is live holds nothing up', async ({ belfry, page }) => {
  const room = await new RoomPage(page).enter(belfry.origin, 'Ada');
  let failures = 0;
  await answer(page, (route) => (failures++ === 0 ? route.abort() : route.continue()));
  await room.say('one');
  await room.say('two');
  await areDelivered(room, ['one', 'two']);
  await page.reload();
  await expect(room.texts).toHaveText(['one', 'two']);
});

test('25 quick lines go out by themselves, in order', async ({ belfry, page }) => {
  const room = await new RoomPage(page).enter(belfry.origin, 'Ada');
  const texts = Array.from({ length: 25 }, (_, index) => `line ${index + 1}`);
  for (const text of texts) {
    await room.say(text);
  }
  // The server takes ten at once. The others wait, and none of them for a click.
  await expect(room.row('line 25').locator('.state')).toHaveText('Waiting to send');
  await expect(page.getByRole('button', { name: 'Send again' })).toHaveCount(0);
  await areDelivered(room, texts, 40_000);
  await page.reload();
  await expect(room.texts).toHaveText(texts);
});

for (const [what, happens] of [
  ['the network is back', async (_, page) => page.evaluate(() => window.dispatchEvent(new Event('online')))],
  ['anything is heard', async (belfry) => belfry.publish('chat/lobby', 'from a terminal')],
] as [string, (belfry: Belfry, page: Page) => Promise<unknown>][]) {
  test(`what waits is sent as soon as ${what}`, async ({ start, page }) => {
    // Nothing else is heard meanwhile.
    const belfry = await start({ flags: ['--interval', '1m'] });
    const room = await new RoomPage(page).enter(belfry.origin, 'Ada');
    const at: number[] = [];
    await answer(page, async (route) => {
      at.push(performance.now());
      await (at.length < 5 ? route.abort() : route.continue());
    });
    await room.say('one');
    await expect.poll(() => at.length, { timeout: 20_000 }).toBe(4);
    await happens(belfry, page);
    await expect(room.row('one').locator('.state')).toHaveText('Delivered');
    expect(at[4] - at[3]).toBeLessThan(FIFTH_AFTER_MS);
  });
}

for (const [what, name, value] of [
  ['seconds', 'retry-after', '3'],
  ['a date', 'retry-after', 'Sun, 22 Nov 2026 05:00:03 GMT'],
] as const) {
  test(`a server that asks to wait until ${what} is obeyed`, async ({ belfry, page }) => {
    const room = await new RoomPage(page).enter(belfry.origin, 'Ada');
    const at: number[] = [];
    await answer(page, async (route) => {
      at.push(performance.now());
      const headers = { [name]: value, date: 'Sun, 22 Nov 2026 05:00:00 GMT' };
      await (at.length === 1 ? route.fulfill({ status: 503, headers, body: 'busy' }) : route.continue());
    });
    await room.say('one');
    await expect(room.row('one').locator('.state')).toHaveText('Waiting to send');
    await areDelivered(room, ['one']);
    expect(at).toHaveLength(2);
    expect(at[1] - at[0]).toBeGreaterThan(2_900);
  });
}

test('what waits outlives a reload and the other language', async ({ belfry, page }) => {
  const room = await new RoomPage(page).enter(belfry.origin, 'Ada');
  await answer(page, (route) => route.abort());
  const texts = ['one', 'a\n&b=<c>', '三'];
  for (const text of texts) {
    await room.say(text);
  }
  await page.reload();
  await room.isLive();
  await expect(room.texts).toHaveText(texts, { useInnerText: true });
  await page.locator('.masthead').getByRole('link', { name: '简体中文' }).click();
  const chinese = new RoomPage(page, WORDS.zh);
  await chinese.isLive();
  await expect(chinese.said.last().locator('.state')).toHaveText(WORDS.zh.waiting);
  await page.unrouteAll({ behavior: 'wait' });
  await areDelivered(chinese, texts);
  await page.reload();
  await expect(room.said).toHaveCount(3);
});

test('a request that was taken and not answered is there once after a reload', async ({ belfry, page }) => {
  const room = await new RoomPage(page).enter(belfry.origin, 'Ada');
  await answer(page, async (route) => {
    await route.fetch();
    await route.abort();
  });
  await room.say('same');
  await expect(room.row('same').locator('time')).toHaveCount(1);
  await page.reload();
  await room.isLive();
  await room.say('same');
  await page.unrouteAll({ behavior: 'wait' });
  await areDelivered(room, ['same', 'same']);
  await page.reload();
  await expect(room.texts).toHaveText(['same', 'same']);
});

test('what is old or another’s is offered, and goes when the visitor says so', async ({ belfry, page }) => {
  const room = await new RoomPage(page).enter(belfry.origin, 'Ada');
  await answer(page, (route) => route.abort());
  await room.say('old');
  await room.say('another’s');
  await room.say('mine');
  // Before the page's own scripts: until then it writes what it knows.
  await page.addInitScript((age) => {
    const key = '/chat/lobby%2Foutbox';
    if (sessionStorage.getItem('changed')) {
      return;
    }
    sessionStorage.setItem('changed', 'once');
    const fields = [...new URLSearchParams(sessionStorage.getItem(key)!)];
    const change = (name: string, nth: number, to: (value: string) => string) => {
      const field = fields.filter(([one]) => one === name)[nth];
      field[1] = to(field[1]);
    };
    change('at', 0, (at) => String(Number(at) - age));
    change('who', 1, () => 'Bob');
    sessionStorage.setItem(key, new URLSearchParams(fields).toString());
  }, 21 * HOUR);
  await page.unrouteAll({ behavior: 'wait' });
  await page.reload();
  await expect(room.row('mine').locator('.state')).toHaveText('Delivered');
  for (const text of ['old', 'another’s']) {
    await expect(room.row(text).locator('.state')).toHaveText('Not sent yet');
  }
  await room.row('old').getByRole('button', { name: 'Send again' }).click();
  await expect(room.row('old').locator('.state')).toHaveText('Delivered');
  await room.row('another’s').getByRole('button', { name: 'Edit' }).click();
  await expect(room.field).toHaveValue('another’s');
});

test('who goes to another page is still heard, in order', async ({ belfry, page, another }) => {
  const room = await new RoomPage(page).enter(belfry.origin, 'Ada');
  const other = await new RoomPage((await another()).page).open(belfry.origin);
  await answer(page, (route) => route.abort());
  for (const text of ['one', 'two', 'three']) {
    await room.say(text);
  }
  await page.locator('.masthead').getByRole('link', { name: 'Chat' }).click();
  await page.unrouteAll({ behavior: 'wait' });
  await other.shows(['one', 'two', 'three']);
  await page.getByRole('main').getByRole('link', { name: 'lobby' }).click();
  await expect(room.said).toHaveCount(3);
});

test('a tab that was duplicated sends under the same keys', async ({ belfry, page, another }) => {
  const room = await new RoomPage(page).enter(belfry.origin, 'Ada');
  const other = await new RoomPage((await another()).page).open(belfry.origin);
  await page.context().route(POSTS, (route) =>
    route.request().method() === 'POST' ? route.abort() : route.continue(),
  );
  await room.say('one');
  await room.say('two');
  const twin = await page.context().newPage();
  await twin.addInitScript(
    (kept) => Object.entries(kept).forEach(([key, value]) => sessionStorage.setItem(key, value)),
    await page.evaluate(() => ({ ...sessionStorage })),
  );
  const copy = await new RoomPage(twin).open(belfry.origin);
  await expect(copy.texts).toHaveText(['one', 'two']);
  await page.context().unrouteAll({ behavior: 'wait' });
  await areDelivered(room, ['one', 'two']);
  await areDelivered(copy, ['one', 'two']);
  await room.say('three');
  await other.shows(['one', 'two', 'three']);
});

test('signing out clears what waits and what was begun', async ({ belfry, page }) => {
  const room = await new RoomPage(page).enter(belfry.origin, 'Ada');
  await answer(page, (route) => route.abort());
  await room.say('one');
  await room.field.fill('begun');
  // As `frontend::chat::forgotten` does.
  await page.evaluate(() => {
    sessionStorage.clear();
    window.dispatchEvent(new Event('belfry-forgotten'));
  });
  await expect(room.said).toHaveCount(0);
  await expect(room.field).toHaveValue('');
  await page.unrouteAll({ behavior: 'wait' });
  await page.reload();
  await room.isLive();
  await expect(room.said).toHaveCount(0);
  await expect(room.field).toHaveValue('');
});
