//! Who is in a room: a count and names, which come and go with the browsers.

import { RoomPage } from './room-page';
import { expect, test } from './test';

/** A lease lasts 45 s, and its end is noticed within 5 s. */
const GONE_WITHIN_MS = 60_000;

/** Names are isolated from what stands beside them, by marks that nobody sees. */
const plain = (here: string) => here.replaceAll(/[\u2068\u2069]/g, '');

async function says(room: RoomPage, here: string, timeout = 5_000): Promise<void> {
  await expect.poll(async () => plain(await room.here.innerText()), { timeout }).toBe(here);
}

test('who comes is counted and named, and who goes is not any more', async ({ belfry, page, another }) => {
  const ada = await new RoomPage(page).enter(belfry.origin, 'Ada');
  await says(ada, '1 here: Ada');
  const bob = await new RoomPage((await another()).page).open(belfry.origin);
  await says(ada, '2 here: Ada, 1 anonymous');
  await bob.rename('Bob');
  await says(ada, '2 here: Ada, Bob');
  await says(bob, '2 here: Ada, Bob');
  await bob.page.goto(`${belfry.origin}/chat`);
  await says(ada, '1 here: Ada');
  // The page was asked for before he had left.
  await bob.page.reload();
  await expect(bob.page.getByRole('listitem').filter({ hasText: 'lobby' })).toContainText('1 here');
  await bob.open(belfry.origin);
  // The tab has kept how he is called.
  await says(ada, '2 here: Ada, Bob');
  await bob.page.close();
  await says(ada, '1 here: Ada');
});

test('two tabs of one browser count once', async ({ belfry, context, page }) => {
  const first = await new RoomPage(page).enter(belfry.origin, 'Ada');
  const second = await new RoomPage(await context.newPage()).enter(belfry.origin, 'Ada');
  await says(second, '1 here: Ada');
  await says(first, '1 here: Ada');
  await first.page.close();
  await says(second, '1 here: Ada');
});

test('who vanishes without a word is gone within a minute', async ({ belfry, page, another }) => {
  test.setTimeout(2 * GONE_WITHIN_MS);
  const ada = await new RoomPage(page).enter(belfry.origin, 'Ada');
  const { page: doomed } = await another();
  await new RoomPage(doomed).enter(belfry.origin, 'Bob');
  await says(ada, '2 here: Ada, Bob');
  const session = await doomed.context().newCDPSession(doomed);
  // Nobody answers: the page is gone.
  session.send('Page.crash').catch(() => {});
  await doomed.waitForEvent('crash');
  // A closed page would be gone by now: this one had no time to say so.
  await says(ada, '2 here: Ada, Bob');
  await says(ada, '1 here: Ada', GONE_WITHIN_MS);
});
