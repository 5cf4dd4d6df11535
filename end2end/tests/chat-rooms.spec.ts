//! The rooms: which ones exist, what they may be called, and what a visitor is told where there is none.

import { WORDS } from './chat-words';
import { asRoom, INJECTIONS } from './injections';
import { RoomPage } from './room-page';
import { expect, FAILED_REQUESTS, FAILED_REQUESTS_OR_NO_SCRIPT, test } from './test';

test.use({ expected: FAILED_REQUESTS_OR_NO_SCRIPT });

const OPEN = [...new Set(INJECTIONS.flatMap((one) => asRoom(one) ?? []))];
const encoded = encodeURIComponent;

test.describe('without JavaScript', () => {
  test.use({ javaScriptEnabled: false });

  test('a room’s name is shown in its one form, or refused in words', async ({ belfry, page, request }) => {
    test.setTimeout(120_000);
    const chat = new RoomPage(page);
    for (const one of INJECTIONS) {
      const room = asRoom(one);
      const asked = await page.goto(`${belfry.origin}/chat?room=${encoded(one.typed)}`);
      if (room === undefined) {
        expect(asked!.status(), one.typed).toBe(404);
        await expect(chat.problem, one.typed).toContainText(chat.words.notARoom);
      } else {
        expect(new URL(page.url()).pathname.startsWith('/chat/'), one.typed).toBe(true);
        expect(await chat.heading.textContent()).toBe(room);
        await expect(chat.heading.locator('bdi *')).toHaveCount(0);
        expect(await page.title()).toContain(room);
      }
      // Two dots are a step up, for every client.
      if (one.typed !== '..') {
        const straight = await request.get(`${belfry.origin}/chat/${encoded(one.typed)}`);
        expect(straight.status(), one.typed).toBe(room === undefined ? 404 : 200);
        expect((await straight.text()).includes(chat.words.notARoom), one.typed).toBe(room === undefined);
      }
    }
  });
});

test('rooms are listed, entered and left as they are called', async ({ belfry, page }) => {
  test.setTimeout(120_000);
  expect(OPEN.length, 'a list has up to 100').toBeLessThan(100);
  for (const room of OPEN) {
    await belfry.publish(`chat/${encoded(room)}`, `said in ${room}`);
  }
  const chat = new RoomPage(page);
  const asked: string[] = [];
  page.on('dialog', (dialog) => {
    asked.push(dialog.message());
    void dialog.dismiss();
  });
  await page.goto(`${belfry.origin}/chat`);
  await chat.hears();
  const links = page.getByRole('main').getByRole('list').getByRole('link');
  const listed = await links.allTextContents();
  expect(listed.toSorted()).toEqual([...OPEN, 'lobby'].toSorted());
  await expect(links.locator('bdi *')).toHaveCount(0);
  for (const [index, room] of listed.entries()) {
    await links.nth(index).click();
    await expect(chat.messages).toBeVisible();
    expect(await chat.heading.textContent()).toBe(room);
    await expect.poll(() => page.title()).toContain(room);
    expect((await chat.shown()).map(({ text }) => text)).toEqual(room === 'lobby' ? [] : [`said in ${room}`]);
    await page.goBack();
    await expect(links).toHaveCount(listed.length);
  }
  expect(asked).toEqual([]);
});

test.describe('a server with some rooms, or none,', () => {
  test.use({ expected: FAILED_REQUESTS });

  for (const [language, words] of Object.entries(WORDS)) {
    test(`lists them, and has no others: ${language}`, async ({ start, another, request }) => {
      const belfry = await start({ flags: ['--interval', '1s', '--rooms', 'lobby,team'] });
      const { page } = await another({ locale: language === 'zh' ? 'zh-CN' : 'en-GB' });
      const chat = new RoomPage(page, words);
      await page.goto(`${belfry.origin}/chat`);
      const main = page.getByRole('main');
      await expect(main.getByRole('list').getByRole('link')).toHaveText(['lobby', 'team']);
      await expect(main.getByRole('textbox')).toHaveCount(0);
      // A page of the server, and one that the browser makes.
      expect(await chat.goto(belfry.origin, 'kitchen')).toBe(404);
      await expect(main.getByText(words.notOpen)).toBeVisible();
      await expect(main.getByRole('textbox')).toHaveCount(0);
      await chat.hears();
      await main.getByRole('link', { name: words.rooms }).click();
      await main.getByRole('link', { name: 'team' }).click();
      await chat.tell('hello', 'Ada');
      const form = { name: 'Ada', text: 'hello' };
      expect((await request.post(`${belfry.origin}/chat/kitchen`, { form })).status()).toBe(404);
      const history = await request.get(`${belfry.origin}/topics/chat/kitchen`);
      expect((await history.json()).events).toEqual([]);
    });

    test(`says where there is no chat: ${language}`, async ({ start, another, request }) => {
      const belfry = await start({ flags: ['--interval', '1s', '--rooms', 'off'] });
      const { page } = await another({ locale: language === 'zh' ? 'zh-CN' : 'en-GB' });
      const main = page.getByRole('main');
      for (const path of ['/chat', '/chat/lobby', '/chat?room=lobby']) {
        expect((await page.goto(belfry.origin + path))!.status(), path).toBe(404);
        await expect(main.getByText(words.off)).toBeVisible();
        await expect(main.getByRole('textbox')).toHaveCount(0);
      }
      const form = { name: 'Ada', text: 'hello' };
      expect((await request.post(`${belfry.origin}/chat/lobby`, { form })).status()).toBe(404);
    });
  }
});
