//! Reading back: older messages are added without a jump, newer ones do not move what is being read, and
//! the page never holds more than it can bear.

import { fill, RoomPage } from './room-page';
import { jumpOnReadingBack, placeOf, scrollThrough } from './room-scroll';
import { expect, test } from './test';

/** How far what is read may move, in CSS pixels. */
const STILL = 2;

/** The most messages that a page holds: those that it shows, and those that it has just read. */
const MOST_ROWS = 300;

const up = (from: number, to: number) => Array.from({ length: from - to + 1 }, (_, index) => from - index);

test('the list begins at the newest, and older messages come without a jump', async ({ belfry, page }) => {
  await fill(belfry, 'lobby', 400);
  const room = await new RoomPage(page).open(belfry.origin);
  await expect(room.row('message 400')).toBeInViewport({ ratio: 1 });
  await expect(room.pill).toBeHidden();
  const jumps = [];
  for (let jump = await page.evaluate(jumpOnReadingBack, 300); jump !== undefined; ) {
    jumps.push(jump);
    jump = await page.evaluate(jumpOnReadingBack, 300);
  }
  expect(jumps.length, 'times that older ones came').toBeGreaterThan(2);
  expect(Math.max(...jumps), `of ${jumps.join(', ')}`).toBeLessThanOrEqual(STILL);
  await room.messages.evaluate((scroller) => scroller.scrollTo(0, -scroller.scrollHeight));
  await expect(room.row('message 1')).toBeInViewport({ ratio: 1 });
});

test('what comes while one reads back moves nothing, and is counted', async ({ belfry, page }) => {
  await fill(belfry, 'lobby', 60);
  const room = await new RoomPage(page).open(belfry.origin);
  await room.messages.evaluate((scroller) => scroller.scrollTo(0, -700));
  await expect(room.pill).toHaveText('Jump to latest');
  const row = room.row('message 30');
  const place = await row.evaluate(placeOf);
  for (let number = 61; number <= 70; number += 1) {
    await fill(belfry, 'lobby', 1, number);
    await expect(room.pill).toHaveText(number === 61 ? '1 new message' : `${number - 60} new messages`);
    expect(Math.abs((await row.evaluate(placeOf)) - place)).toBeLessThanOrEqual(STILL);
  }
  await expect(page).toHaveTitle(/^\(10\) lobby/);
  await room.pill.click();
  await expect(room.row('message 70')).toBeInViewport({ ratio: 1 });
  await expect(room.pill).toBeHidden();
  await expect(page).toHaveTitle(/^lobby/);
});

test('at the end it follows what comes', async ({ belfry, page }) => {
  await fill(belfry, 'lobby', 60);
  const room = await new RoomPage(page).open(belfry.origin);
  for (let number = 61; number <= 80; number += 1) {
    await fill(belfry, 'lobby', 1, number);
    await expect(room.row(`message ${number}`)).toBeInViewport({ ratio: 1 });
  }
  await expect(room.pill).toBeHidden();
});

test('who says something while reading back is led to the end', async ({ belfry, page }) => {
  await fill(belfry, 'lobby', 60);
  const room = await new RoomPage(page).enter(belfry.origin, 'Ada');
  await room.messages.evaluate((scroller) => scroller.scrollTo(0, -700));
  await expect(room.pill).toBeVisible();
  await room.say('here I am');
  await expect(room.row('here I am')).toBeInViewport({ ratio: 1 });
  await expect(room.pill).toBeHidden();
});

test('a thousand messages up and down again: each in order, few at once', async ({ belfry, page }) => {
  test.setTimeout(120_000);
  await fill(belfry, 'lobby', 1000);
  const room = await new RoomPage(page).open(belfry.origin);
  const back = await page.evaluate(scrollThrough, true);
  expect(back.breaks).toEqual([]);
  expect(back.numbers).toEqual(up(1000, 1));
  expect(back.rows).toBeLessThanOrEqual(MOST_ROWS);
  const forth = await page.evaluate(scrollThrough, false);
  expect(forth.breaks).toEqual([]);
  expect(forth.numbers).toEqual(up(1000, 1).reverse());
  expect(forth.rows).toBeLessThanOrEqual(MOST_ROWS);
  await expect(room.pill).toBeHidden();
  await fill(belfry, 'lobby', 1, 1001);
  await expect(room.row('message 1001')).toBeInViewport({ ratio: 1 });
});

test('one who has read far back comes to the newest in one step', async ({ belfry, page }) => {
  await fill(belfry, 'lobby', 500);
  const room = await new RoomPage(page).open(belfry.origin);
  while ((await page.evaluate(jumpOnReadingBack, 300)) !== undefined);
  await expect(room.row('message 500')).toHaveCount(0);
  await fill(belfry, 'lobby', 1, 501);
  await expect(room.pill).toHaveText('1 new message');
  await room.pill.click();
  await expect(room.row('message 501')).toBeInViewport({ ratio: 1 });
  await expect(room.pill).toBeHidden();
});
