//! What a screen reader finds on the pages of the chat, in both languages, and what it announces.

import { fill, RoomPage } from './room-page';
import { jumpOnReadingBack } from './room-scroll';
import { expect, test } from './test';

const WORDS = {
  'en-GB': { chat: 'Chat', rooms: 'Rooms', room: 'Room', enter: 'Join', here: 'here', messages: 'Messages', skip: 'Skip to message field', name: 'Your name', message: 'Message', send: 'Send', delivered: 'Delivered', says: 'Ada: message 2', nothing: 'No messages yet.', program: 'via token', you: 'you', day: '/day,? /' },
  'zh-CN': { chat: '聊天', rooms: '房间', room: '房间', enter: '进入', here: '人在线', messages: '消息', skip: '跳到输入框', name: '你的名字', message: '消息', send: '发送', delivered: '已送达', says: 'Ada：message 2', nothing: '还没有消息。', program: '凭令牌发布', you: '你', day: '/星期/' },
};

for (const [locale, words] of Object.entries(WORDS)) {
  test.describe(locale, () => {
    test.use({ locale, timezoneId: 'UTC' });

    test('the chat is a form and a list of rooms', async ({ belfry, page, another }) => {
      await fill(belfry, 'tea', 1);
      await new RoomPage((await another()).page).open(belfry.origin, 'tea');
      await page.goto(`${belfry.origin}/chat`);
      await expect(page.locator('.masthead .bell')).toHaveAttribute('data-beat', /./, { timeout: 10_000 });
      await expect(page.getByRole('main')).toMatchAriaSnapshot(`
        - main:
          - heading "${words.chat}" [level=1]
          - paragraph
          - text: ${words.room}
          - textbox "${words.room}"
          - button "${words.enter}"
          - heading "${words.rooms}" [level=2]
          - list:
            - listitem:
              - link "tea":
                - /url: /chat/tea
              - text: /^1 ${words.here} Ada.*message 1/
            - listitem:
              - link "lobby":
                - /url: /chat/lobby
              - text: ${words.nothing}
      `);
    });

    test('a room is a group of messages and a form', async ({ belfry, page }) => {
      await fill(belfry, 'lobby', 1);
      const room = await new RoomPage(page).enter(belfry.origin, '王小明');
      await room.say('see https://example.com/a.');
      await expect(room.row('see https://example.com/a.').locator('.state')).toHaveText(words.delivered);
      await expect(room.here).toContainText('王小明');
      await expect(page.getByRole('main')).toMatchAriaSnapshot(`
        - main:
          - heading "lobby" [level=1]
          - paragraph: /^1 ${words.here}.*王小明/
          - paragraph:
            - link "${words.rooms}":
              - /url: /chat
          - link "${words.skip}":
            - /url: "#text"
          - group "${words.messages}":
            - list:
              - listitem: ${words.day}
              - listitem:
                - text: Ada ${words.program}
                - time
                - paragraph: message 1
              - listitem:
                - text: /^王小明 [0-9a-v]{6} ${words.you}$/
                - time
                - paragraph:
                  - text: see
                  - link "https://example.com/a":
                    - /url: https://example.com/a
                  - text: .
                - paragraph: ${words.delivered}
          - group: ${words.name} 王小明
          - text: ${words.message}
          - textbox "${words.message}"
          - button "${words.send}"
          - paragraph
          - paragraph
      `);
    });

    test('what comes is told politely, and what is read back is not', async ({ belfry, page }) => {
      await fill(belfry, 'lobby', 1);
      const room = await new RoomPage(page).open(belfry.origin);
      await expect(room.spoken).toBeEmpty();
      await fill(belfry, 'lobby', 1, 2);
      await expect(room.spoken).toHaveText(words.says);
      // The same words again are news as well: a region is read when its text changes.
      const before = await room.spoken.textContent();
      await fill(belfry, 'lobby', 1, 2);
      await expect.poll(() => room.spoken.textContent()).not.toBe(before);
      await expect(room.spoken).toHaveText(words.says);
      await fill(belfry, 'tea', 120);
      await page.goto(`${belfry.origin}/chat/tea`);
      await room.isLive();
      while ((await page.evaluate(jumpOnReadingBack, 300)) !== undefined);
      await expect(room.row('message 1')).toHaveCount(1);
      await expect(room.spoken).toBeEmpty();
    });
  });
}

test('the keyboard reaches everything, and scrolls the messages', async ({ belfry, page }) => {
  await fill(belfry, 'lobby', 45);
  const room = await new RoomPage(page).open(belfry.origin);
  await page.getByRole('link', { name: 'Rooms' }).focus();
  await page.keyboard.press('Tab');
  await page.keyboard.press('Tab');
  await expect(room.messages).toBeFocused();
  await expect(room.messages).toHaveCSS('outline-style', 'solid');
  // Heard from before the key: else a quick scroll could be over by then.
  await room.messages.evaluate((scroller) => {
    const still = new Promise((resolve) => scroller.addEventListener('scrollend', resolve, { once: true }));
    Object.assign(window, { still: still.then(() => true) });
  });
  await page.keyboard.press('PageUp');
  // Browsers scroll smoothly: what comes in the middle of it would be moved on.
  await page.evaluate(() => (window as unknown as { still: Promise<boolean> }).still);
  await expect(room.pill).toBeVisible();
  await page.keyboard.press('Tab');
  await expect(room.pill).toBeFocused();
  await page.keyboard.press('Enter');
  await expect(room.row('message 45')).toBeInViewport({ ratio: 1 });
  await room.name.focus();
  for (const next of [room.field, room.send]) {
    await page.keyboard.press('Tab');
    await expect(next).toBeFocused();
  }
});

test('the keyboard passes the messages by, and nothing is drawn again', async ({ belfry, page }) => {
  await belfry.publish('chat/lobby', JSON.stringify({ name: 'Ada', text: 'https://example.com/a https://example.com/b' }));
  const room = await new RoomPage(page).enter(belfry.origin, 'Bob');
  const list = await page.locator('.messages ol').elementHandle();
  await page.getByRole('link', { name: 'Rooms' }).focus();
  await page.keyboard.press('Tab');
  const skip = page.getByRole('link', { name: 'Skip to message field' });
  await expect(skip).toBeFocused();
  await expect(skip).toBeInViewport({ ratio: 1 });
  await page.keyboard.press('Enter');
  await expect(room.field).toBeFocused();
  await room.say('here');
  await expect(room.row('here').locator('.state')).toHaveText('Delivered');
  expect(await list?.evaluate((list) => list.isConnected), 'it is the same list').toBe(true);
});

test('all names of who is here are seen by the keyboard too', async ({ belfry, page, another }) => {
  await page.setViewportSize({ width: 320, height: 640 });
  const room = await new RoomPage(page).enter(belfry.origin, 'Somebody with quite a long name in here');
  await new RoomPage((await another()).page).enter(belfry.origin, 'Another with a name that is as long too');
  await expect(room.here).toContainText('as long too');
  const cut = () => room.here.evaluate((line) => line.scrollWidth > line.clientWidth);
  expect(await cut()).toBe(true);
  await room.here.focus();
  await expect.poll(cut).toBe(false);
});
