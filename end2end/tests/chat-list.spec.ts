//! The list of rooms: what was said last, what is unread and who is there, as it changes.

import type { Page } from '@playwright/test';

import { WORDS } from './chat-words';
import { fill, RoomPage } from './room-page';
import { expect, FAILED_REQUESTS, FAILED_REQUESTS_OR_NO_SCRIPT, test } from './test';

const plain = (text: string) => text.replaceAll(/[\u2068\u2069]/g, '');

/** The rooms in their order, each with what it says. */
async function rooms(page: Page): Promise<string[]> {
  const items = page.getByRole('main').getByRole('listitem');
  return (await items.allInnerTexts()).map((text) => plain(text).replaceAll(/\s*\n\s*/g, ' | '));
}

/** The names of the rooms in their order. */
const names = (page: Page) => page.getByRole('main').getByRole('list').getByRole('link').allInnerTexts();

/** What is said of one room. */
const item = (page: Page, room: string) =>
  page.getByRole('main').getByRole('listitem').filter({ has: page.getByRole('link', { name: room, exact: true }) });

test('what is said in a room moves it up, and a new room appears', async ({ belfry, page, another }) => {
  await belfry.publish('chat/attic', JSON.stringify({ name: 'Ada', text: 'dusty here' }));
  await belfry.publish('chat/zoo', 'from a program');
  await page.goto(`${belfry.origin}/chat`);
  await new RoomPage(page).hears();
  expect(await names(page)).toEqual(['zoo', 'attic', 'lobby']);
  await expect(item(page, 'attic')).toContainText('Ada: dusty here');
  await expect(item(page, 'attic').locator('.at')).toHaveText(/^\d{1,2}:\d\d/);
  await expect(item(page, 'lobby')).toContainText('No messages yet.');
  await page.evaluate(() => Object.assign(window, { sameDocument: true }));

  const bob = await new RoomPage((await another()).page).enter(belfry.origin, 'Bob');
  await expect.poll(async () => plain(await item(page, 'lobby').innerText())).toContain('1 here: Bob');
  await bob.tell('hello\nall');
  await expect.poll(() => names(page)).toEqual(['lobby', 'zoo', 'attic']);
  await expect(item(page, 'lobby')).toContainText('Bob: hello all');
  await belfry.publish('chat/brand new', JSON.stringify({ name: 'Eve', text: 'first' }));
  await expect.poll(() => names(page)).toEqual(['brand new', 'lobby', 'zoo', 'attic']);
  await expect(item(page, 'brand new')).toContainText('Eve: first');
  // And who is there is heard of the new one as well.
  await bob.open(belfry.origin, 'brand new');
  await expect.poll(async () => plain(await item(page, 'brand new').innerText())).toContain('1 here: Bob');
  await expect(item(page, 'lobby').locator('.who')).toHaveText('');
  await belfry.publish('chat/attic', JSON.stringify({ name: 'Ada', text: 'still dusty' }));
  await expect.poll(() => names(page)).toEqual(['attic', 'brand new', 'lobby', 'zoo']);
  expect(await page.evaluate(() => 'sameDocument' in window)).toBe(true);
});

test('what is unread is counted, from what this browser has read', async ({ belfry, page }) => {
  await fill(belfry, 'lobby', 3);
  await fill(belfry, 'attic', 3);
  const room = await new RoomPage(page).open(belfry.origin);
  await expect(room.said).toHaveCount(3);
  await page.goto(`${belfry.origin}/chat`);
  await room.hears();
  const unread = (of: string) => item(page, of).locator('.unread');
  await expect(unread('lobby')).toHaveText('');
  await fill(belfry, 'lobby', 2, 4);
  await expect(unread('lobby')).toHaveText('2 new messages');
  // A room that was never read is not counted.
  await fill(belfry, 'attic', 1, 4);
  await expect(item(page, 'attic')).toContainText('message 4');
  await expect(unread('attic')).toHaveText('');
  // It is known to a page that was away, too.
  await page.reload();
  await expect(unread('lobby')).toHaveText('2 new messages');
  await item(page, 'lobby').getByRole('link').click();
  await expect(room.said).toHaveCount(5);
  await page.goBack();
  await expect(item(page, 'lobby')).toContainText('message 5');
  await expect(unread('lobby')).toHaveText('');
  await fill(belfry, 'lobby', 1, 6);
  await expect(unread('lobby')).toHaveText('1 new message');
});

test('a list that was made before what is heard does not take its place', async ({ belfry, page }) => {
  await fill(belfry, 'lobby', 1);
  const room = await new RoomPage(page).open(belfry.origin);
  await expect(room.said).toHaveCount(1);
  await page.goto(`${belfry.origin}/chat`);
  await room.hears();
  let [made, release] = [() => {}, () => {}];
  const isMade = new Promise<void>((resolve) => (made = resolve));
  const isReleased = new Promise<void>((resolve) => (release = resolve));
  await page.route(
    (url) => url.pathname === '/api/page',
    async (route) => {
      const response = await route.fetch();
      made();
      await isReleased;
      await route.fulfill({ response });
    },
    { times: 1 },
  );
  // A room that is not listed has the page ask for the list.
  await belfry.publish('chat/brand new', JSON.stringify({ name: 'Eve', text: 'first' }));
  await isMade;
  await fill(belfry, 'lobby', 1, 2);
  const unread = item(page, 'lobby').locator('.unread');
  await expect(unread).toHaveText('1 new message');
  release();
  await expect(item(page, 'brand new')).toContainText('Eve: first');
  await expect(item(page, 'lobby')).toContainText('message 2');
  await expect(unread).toHaveText('1 new message');
});

test.describe('through trouble', () => {
  test.use({ expected: FAILED_REQUESTS });

  test('a list goes on after a restart, and drops what is removed', async ({ belfry, page }) => {
    await belfry.publish('chat/attic', 'one');
    await page.goto(`${belfry.origin}/chat`);
    await new RoomPage(page).hears();
    await belfry.restart();
    await belfry.publish('chat/attic', 'two');
    await expect(item(page, 'attic')).toContainText('two', { timeout: 20_000 });
    await fetch(`${belfry.origin}/topics/chat/attic`, {
      method: 'DELETE',
      headers: { authorization: `Bearer ${belfry.token()}` },
    });
    await expect(item(page, 'attic')).not.toContainText('two');
  });
});

test.describe('without JavaScript', () => {
  test.use({ javaScriptEnabled: false, expected: FAILED_REQUESTS_OR_NO_SCRIPT });

  for (const [language, words] of Object.entries(WORDS)) {
    test(`the list says what was said last and who is there: ${language}`, async ({ belfry, another }) => {
      const { page } = await another({ locale: language === 'zh' ? 'zh-CN' : 'en-GB', javaScriptEnabled: false });
      await belfry.publish('chat/attic', JSON.stringify({ name: 'Ada', text: 'dusty here' }));
      await page.goto(`${belfry.origin}/chat`);
      expect(await names(page)).toEqual(['attic', 'lobby']);
      const [attic, lobby] = await rooms(page);
      expect(attic).toMatch(language === 'zh' ? /Ada：dusty here.*UTC/ : /Ada: dusty here.*UTC/);
      expect(lobby).toContain(words.nothing);
    });
  }
});

test.describe('a server without a chat', () => {
  test.use({ expected: FAILED_REQUESTS });

  for (const [language, words] of Object.entries(WORDS)) {
    test(`says how to turn it on, and leads nowhere: ${language}`, async ({ start, another }) => {
      const belfry = await start({ flags: ['--interval', '1s', '--rooms', 'off'] });
      const { page } = await another({ locale: language === 'zh' ? 'zh-CN' : 'en-GB' });
      for (const path of ['/chat', '/chat/lobby']) {
        await page.goto(belfry.origin + path);
        await new RoomPage(page).hears();
        const main = page.getByRole('main');
        await expect(main.getByText(words.off)).toContainText('--rooms any');
        await expect(main.getByRole('link')).toHaveCount(0);
      }
    });
  }
});
