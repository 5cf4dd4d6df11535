//! Two visitors talk in a room: what is said arrives once, whatever happens on the way to the server.

import { fill, RoomPage } from './room-page';
import { expect, FAILED_REQUESTS, test } from './test';

test('two browsers talk with each other, and each message is there once', async ({ belfry, page, another }) => {
  const ada = await new RoomPage(page).enter(belfry.origin, 'Ada');
  const bob = await new RoomPage((await another()).page).enter(belfry.origin, 'Bob');
  await ada.say('Hello, Bob');
  await expect(bob.row('Hello, Bob')).toHaveCount(1);
  await expect(bob.row('Hello, Bob').locator('.author')).toHaveText('Ada');
  await bob.say('你好，Ada');
  await expect(ada.row('你好，Ada').locator('.author')).toHaveText('Bob');
  for (const one of [ada, bob]) {
    await expect(one.said).toHaveCount(2);
    expect(await one.texts.allInnerTexts()).toEqual(['Hello, Bob', '你好，Ada']);
  }
  await expect(ada.field).toHaveValue('');
  await expect(ada.field).toBeFocused();
});

test('a message is there at once as sending, and then delivered', async ({ belfry, page }) => {
  const room = await new RoomPage(page).enter(belfry.origin, 'Ada');
  let pass = () => {};
  const gate = new Promise<void>((resolve) => (pass = resolve));
  await page.route('**/chat/lobby', async (route) => {
    await gate;
    await route.continue();
  });
  await room.say('one');
  await room.say('two');
  await expect(room.row('one').locator('.state')).toHaveText('Sending');
  await expect(room.row('two').locator('.state')).toHaveText('Waiting to send');
  pass();
  for (const text of ['one', 'two']) {
    await expect(room.row(text).locator('.state')).toHaveText('Delivered');
    await expect(room.row(text)).toHaveCount(1);
  }
  expect(await room.texts.allInnerTexts()).toEqual(['one', 'two']);
  // Its time is known by then.
  await expect(room.row('one').locator('time')).toHaveText(/\d{1,2}:\d\d/);
});

test('Enter sends, Shift and Enter break the line, and an input method has its Enter', async ({ belfry, page }) => {
  const room = await new RoomPage(page).enter(belfry.origin, 'Ada');
  await room.field.pressSequentially('first');
  await room.field.press('Shift+Enter');
  await room.field.pressSequentially('second');
  await expect(room.field).toHaveValue('first\nsecond');
  await expect(room.said).toHaveCount(0);
  // What browsers send while one composes; the second as Safari does, after the composition.
  const taken = await room.field.evaluate((field) => {
    const enter = (composing: object) => {
      const key = new KeyboardEvent('keydown', { key: 'Enter', bubbles: true, cancelable: true, ...composing });
      return !field.dispatchEvent(key);
    };
    field.dispatchEvent(new CompositionEvent('compositionstart', { bubbles: true }));
    return [enter({ isComposing: true }), enter({ keyCode: 229 })];
  });
  expect(taken).toEqual([false, false]);
  await expect(room.said).toHaveCount(0);
  await room.field.press('Enter');
  await expect(room.said).toHaveCount(1);
  await expect(room.said.locator('.text')).toHaveText('first\nsecond', { useInnerText: true });
});

test('what cannot be sent says why, and stays', async ({ belfry, page }) => {
  const room = await new RoomPage(page).open(belfry.origin);
  await room.say('hello');
  await expect(room.problem).toHaveText('Enter your name first.');
  await expect(room.name).toBeFocused();
  await expect(room.name).toHaveAttribute('aria-invalid', 'true');
  await expect(room.name).toHaveAccessibleDescription('Enter your name first.');
  await expect(room.field).not.toHaveAttribute('aria-invalid', 'true');
  // The same again is news as well: an alert is read when its text changes.
  const before = await room.problem.textContent();
  await room.field.press('Enter');
  await expect.poll(() => room.problem.textContent()).not.toBe(before);
  await expect(room.problem).toHaveText('Enter your name first.');
  await expect(room.field).toHaveValue('hello');
  await room.rename('Ada');
  await room.say('界'.repeat(1366));
  await expect(room.problem).toContainText('too long');
  await expect(room.field).toHaveAttribute('aria-invalid', 'true');
  await expect(room.field).toHaveAccessibleDescription(/too long.* Press Enter to send/);
  await expect(room.name).not.toHaveAttribute('aria-invalid', 'true');
  await room.say('界'.repeat(1365));
  await expect(room.problem).toBeHidden();
  await expect(room.said.locator('.state')).toHaveText('Delivered');
});

test('what was begun is there on coming back, in the other language, and not once it is sent', async ({ belfry, page }) => {
  const room = await new RoomPage(page).enter(belfry.origin, 'Ada');
  await room.field.fill('begun\nhere');
  const masthead = page.locator('.masthead');
  await masthead.getByRole('link', { name: 'Chat' }).click();
  await page.getByRole('main').getByRole('link', { name: 'lobby' }).click();
  await expect(room.field).toHaveValue('begun\nhere');
  await masthead.getByRole('link', { name: '简体中文' }).click();
  await room.isLive();
  await expect(room.field).toHaveValue('begun\nhere');
  await room.field.press('Enter');
  await expect(room.said.locator('.state')).toHaveText('已送达');
  await page.reload();
  await room.isLive();
  await expect(room.field).toHaveValue('');
  // Another room has a draft of its own.
  await room.field.fill('of the lobby');
  await room.open(belfry.origin, 'tea');
  await expect(room.field).toHaveValue('');
});

test('a name that was changed and not used yet is there in the other language', async ({ belfry, page }) => {
  const room = await new RoomPage(page).enter(belfry.origin, 'Ada');
  await room.tell('hello');
  await room.rename('Bob');
  await page.locator('.masthead').getByRole('link', { name: '简体中文' }).click();
  await room.isLive();
  await expect(room.name).toHaveValue('Bob');
  await expect(room.here).toContainText('Bob');
  await room.say('hello again');
  await expect(room.row('hello again').locator('.author')).toHaveText('Bob');
});

test('the name is kept by the browser', async ({ belfry, page }) => {
  const room = await new RoomPage(page).enter(belfry.origin, '王小明');
  await room.say('hello');
  await expect(room.said.locator('.state')).toHaveText('Delivered');
  await page.reload();
  await room.isLive();
  await expect(room.name).toHaveValue('王小明');
  await expect(room.here).toContainText('王小明');
});

test.describe('on a bad way', () => {
  test.use({ expected: FAILED_REQUESTS });

  test('what has failed is sent again by a click, and is there once', async ({ belfry, page, another }) => {
    const room = await new RoomPage(page).enter(belfry.origin, 'Ada');
    const other = await new RoomPage((await another()).page).open(belfry.origin);
    await page.route('**/chat/lobby', (route) => route.fulfill({ status: 404, json: { reason: 'Closed' } }));
    await room.say('one');
    const row = room.row('one');
    await expect(row.locator('.failed')).toHaveText('This room is closed.');
    await expect(room.spoken).toHaveText('This room is closed.');
    await page.unroute('**/chat/lobby');
    // It bars no way.
    await room.say('zero');
    await expect(room.row('zero').locator('.state')).toHaveText('Delivered');
    await row.getByRole('button', { name: 'Send again' }).click();
    await expect(row.locator('.state')).toHaveText('Delivered');
    await expect(other.row('one')).toHaveCount(1);
    await expect(row).toHaveCount(1);
    // The way is free for what follows.
    await room.say('two');
    await expect(room.row('two').locator('.state')).toHaveText('Delivered');
  });

  test('what has failed is taken back and changed', async ({ belfry, page }) => {
    const room = await new RoomPage(page).enter(belfry.origin, 'Ada');
    await page.route('**/chat/lobby', (route) => route.abort());
    await room.say('mistaek');
    await room.said.getByRole('button', { name: 'Edit' }).click();
    await expect(room.said).toHaveCount(0);
    await expect(room.field).toHaveValue('mistaek');
    await expect(room.field).toBeFocused();
  });

  test('an answer that is lost loses and doubles nothing', async ({ belfry, page }) => {
    const room = await new RoomPage(page).enter(belfry.origin, 'Ada');
    await page.route('**/chat/lobby', async (route) => {
      await route.fetch();
      await route.abort();
    });
    await room.say('one');
    // It stands in the room, and its own answer is still awaited.
    await expect(room.row('one').locator('time')).toHaveCount(1);
    await expect(room.row('one')).toHaveCount(1);
    await page.unrouteAll({ behavior: 'wait' });
    await expect(room.row('one').locator('.state')).toHaveText('Delivered', { timeout: 20_000 });
    await expect(room.row('one')).toHaveCount(1);
    await room.say('two');
    await expect(room.row('two').locator('.state')).toHaveText('Delivered');
    await page.reload();
    await expect(room.said).toHaveCount(2);
  });

  test('a server that was away gets the message when it is back, by itself and once', async ({ belfry, page }) => {
    const room = await new RoomPage(page).enter(belfry.origin, 'Ada');
    await belfry.kill();
    await room.say('one');
    await room.say('two');
    await expect(room.spoken).toHaveText('Couldn’t reach the server.');
    // It may be in the log: what was said after it waits for it.
    await expect(room.row('two').locator('.state')).toHaveText('Waiting to send');
    await belfry.run();
    for (const text of ['one', 'two']) {
      await expect(room.row(text).locator('.state')).toHaveText('Delivered', { timeout: 20_000 });
    }
    await page.reload();
    await expect(room.said).toHaveCount(2);
    expect(await room.texts.allInnerTexts()).toEqual(['one', 'two']);
  });

  test('a new log in its place is announced, and what is said in it is there once', async ({ belfry, page }) => {
    const room = await new RoomPage(page).enter(belfry.origin, 'Ada');
    await room.say('of the first log');
    await expect(room.row('of the first log').locator('.state')).toHaveText('Delivered');
    await belfry.startOver();
    await fill(belfry, 'lobby', 2);
    await expect(room.row('message 2')).toHaveCount(1, { timeout: 20_000 });
    await expect(page.locator('.messages .line')).toHaveText([/day/, 'Some messages are missing here.', /day/]);
    expect(await room.texts.allInnerTexts()).toEqual(['of the first log', 'message 1', 'message 2']);
    await room.say('of the second log');
    await expect(room.row('of the second log').locator('.state')).toHaveText('Delivered');
    await page.reload();
    await expect(room.said).toHaveCount(3);
  });

  test('what was dropped while one was away is announced', async ({ start, through, page }) => {
    const belfry = await start({ flags: ['--interval', '1s', '--retain-topic', 'chat/*=5,-,-'] });
    const proxy = await through(belfry);
    await fill(belfry, 'lobby', 3);
    const room = await new RoomPage(page).open(proxy.origin);
    proxy.refuse();
    await fill(belfry, 'lobby', 9, 4);
    proxy.pass();
    await expect(room.row('message 12')).toHaveCount(1, { timeout: 20_000 });
    await expect(page.locator('.messages .line')).toHaveText([/day/, 'Some messages are missing here.', /day/]);
    expect(await room.texts.allInnerTexts()).toEqual([1, 2, 3, 8, 9, 10, 11, 12].map((number) => `message ${number}`));
  });
});
