//! Senders: browsers are told apart by marks that nobody can forge, and not by names.

import { RoomPage } from './room-page';
import { expect, FAILED_REQUESTS, test } from './test';

/** Names are isolated from what stands beside them, by marks that nobody sees. */
const plain = (here: string) => here.replaceAll(/[\u2068\u2069]/g, '');

/** Who is said to be in a room. */
const here = async (room: RoomPage) => plain(await room.here.innerText());

/** The mark of a message: six letters or digits. */
const MARK = /^[0-9a-v]{6}$/;

test('three Graces and Bob are four, in the room and by their marks', async ({ belfry, page, another }) => {
  const bob = await new RoomPage(page).enter(belfry.origin, 'Bob');
  const graces: RoomPage[] = [];
  for (let number = 1; number <= 3; number += 1) {
    graces.push(await new RoomPage((await another()).page).enter(belfry.origin, 'Grace'));
  }
  await expect.poll(() => here(bob)).toBe('4 here: Bob, Grace (3)');
  for (const [index, grace] of graces.entries()) {
    await grace.tell(`I am Grace, number ${index + 1}`);
  }
  await bob.tell('Hello, Graces');
  await expect(bob.said).toHaveCount(4);
  // Each stands under a name and a mark of its own.
  const marks = await bob.said.locator('.mark').allInnerTexts();
  for (const mark of marks.slice(0, 3)) {
    expect(mark).toMatch(MARK);
  }
  expect(new Set(marks.slice(0, 3)).size).toBe(3);
  expect(marks[3]).toMatch(/^[0-9a-v]{6} you$/);
  await expect(bob.messages.locator('.said.first')).toHaveCount(4);
  await expect(bob.messages.locator('.said.own')).toHaveText(/Hello, Graces/);
  // Everybody sees the same marks, even a page that is reloaded.
  await graces[0].page.reload();
  await graces[0].isLive();
  const seen = await graces[0].said.locator('.mark').allInnerTexts();
  expect(seen.map((mark) => mark.slice(0, 6))).toEqual(marks.map((mark) => mark.slice(0, 6)));
  expect(seen[0]).toMatch(/ you$/);
  await expect(graces[0].messages.locator('.said.own')).toHaveCount(1);
});

test('what is published with a token is shown as such, whatever it says of itself', async ({ belfry, page }) => {
  const room = await new RoomPage(page).enter(belfry.origin, 'Grace');
  await room.tell('the real one');
  const [posted] = (await (await fetch(`${belfry.origin}/topics/chat/lobby`)).json()).events;
  const mark = posted.topics[1].split('/').at(-1);
  await belfry.publish('chat/lobby', JSON.stringify({ name: 'Grace', text: 'a forgery', mark }));
  await expect(room.row('a forgery').locator('.mark')).toHaveText('via token');
  await expect(room.row('a forgery')).toHaveClass(/first/);
  await expect(room.row('a forgery')).not.toHaveClass(/own/);
  await expect(belfry.publish(`chat/lobby?also=here/lobby/${mark}&x=`, 'forged')).rejects.toThrow();
  await expect(belfry.publish(`here/lobby/${mark}`, 'forged')).rejects.toThrow('403');
  await page.reload();
  await expect(room.row('a forgery').locator('.mark')).toHaveText('via token');
  await expect(room.row('the real one').locator('.mark')).toHaveText(/ you$/);
});

test('no script and no page is told the id of a browser', async ({ belfry, page, context }) => {
  await new RoomPage(page).enter(belfry.origin, 'Ada');
  const cookie = (await context.cookies()).find(({ name }) => name === 'belfry-browser')!;
  expect(cookie).toMatchObject({ httpOnly: true, sameSite: 'Lax' });
  expect(await page.evaluate(() => document.cookie)).toBe('');
  expect(await page.content()).not.toContain(cookie.value);
});

test.describe('after a restart', () => {
  test.use({ expected: FAILED_REQUESTS });

  test('a room knows at once who is there', async ({ belfry, page, another }) => {
    const ada = await new RoomPage(page).enter(belfry.origin, 'Ada');
    const bob = await new RoomPage((await another()).page).enter(belfry.origin, 'Bob');
    await expect.poll(() => here(ada)).toBe('2 here: Ada, Bob');
    await belfry.restart();
    const streams = () => belfry.streams();
    await expect.poll(streams, { timeout: 20_000 }).toBe(2);
    for (const room of [ada, bob]) {
      await expect.poll(() => here(room), { timeout: 3_000 }).toBe('2 here: Ada, Bob');
    }
  });
});

for (const colorScheme of ['light', 'dark'] as const) {
  test(`every mark can be read: ${colorScheme}`, async ({ belfry, page }) => {
    await page.emulateMedia({ colorScheme });
    const room = await new RoomPage(page).enter(belfry.origin, 'Ada');
    await room.tell('hello');
    const contrasts = await room.said.first().evaluate((row: HTMLElement) => {
      const luminance = (colour: string) => {
        const parts = colour.match(/[\d.]+/g)!.slice(0, 3).map((part) => Number(part) / 255);
        const [r, g, b] = parts.map((part) => (part <= 0.03928 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4));
        return 0.2126 * r + 0.7152 * g + 0.0722 * b;
      };
      const card = luminance(getComputedStyle(document.querySelector('.messages')!).backgroundColor);
      return [0, 1, 2, 3, 4, 5, 6, 7, 8].map((sender) => {
        row.className = `said first sender-${sender}`;
        const colour = luminance(getComputedStyle(row.querySelector('.mark')!).color);
        return (Math.max(card, colour) + 0.05) / (Math.min(card, colour) + 0.05);
      });
    });
    expect(new Set(contrasts).size).toBe(9);
    expect(Math.min(...contrasts)).toBeGreaterThanOrEqual(4.5);
  });
}
