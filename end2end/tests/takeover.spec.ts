//! Another server takes the place of the one that pages are open on, and nobody in front of them notices:
//! the browser complains of nothing, which every test here makes sure of, not even of a request that failed.

import type { Page } from '@playwright/test';

import { RoomPage } from './room-page';
import { expect, test } from './test';

/** Notes whether the page warns that it is not connected. */
const watchBanner = (page: Page) =>
  page.evaluate(() => {
    const banner = document.querySelector<HTMLElement>('.banner')!;
    const note = () => banner.hidden || Object.assign(window, { warned: true });
    new MutationObserver(note).observe(banner, { attributes: true });
    note();
  });

const warned = (page: Page) => page.evaluate(() => 'warned' in window);

test('a conversation and a clock go on while the server is taken over, twice', async ({
  belfry,
  page,
  another,
}) => {
  const ada = await new RoomPage(page).enter(belfry.origin, 'Ada');
  const bob = await new RoomPage((await another()).page).enter(belfry.origin, 'Bob');
  const visitor = await another();
  await visitor.open(belfry.origin);
  const pages = [ada.page, bob.page, visitor.page];
  for (const one of pages) {
    await watchBanner(one);
  }
  await visitor.mark();
  const texts: string[] = [];
  for (let round = 0; round < 2; round += 1) {
    const takeover = belfry.takeOver();
    for (let number = 0; number < 10; number += 1) {
      const [speaker, text] = [number % 2 ? ada : bob, `message ${round}.${number}`];
      await speaker.say(text);
      texts.push(text);
      await expect(speaker.row(text).locator('.state')).toHaveText('Delivered');
    }
    await takeover;
  }
  for (const room of [ada, bob]) {
    await expect.poll(() => room.texts.allInnerTexts(), { timeout: 20_000 }).toEqual(texts);
  }
  await visitor.isLive();
  await visitor.isMarked();
  expect(await Promise.all(pages.map(warned)), 'a page warned that it is not connected').toEqual([false, false, false]);
});
