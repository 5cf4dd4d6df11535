//! The composer: the keyboard is where it is needed, and what cannot be sent is reported or corrected
//! before it is sent.

import { WORDS } from './chat-words';
import { fill, RoomPage } from './room-page';
import { expect, test } from './test';

const FAMILY = '👨\u200d👩\u200d👧\u200d👦';

test.describe('on a phone', () => {
  test.use({ viewport: { width: 390, height: 780 }, hasTouch: true, isMobile: true });

  test('Enter begins a new line, the button sends, and no keyboard comes up by itself', async ({ belfry, page }) => {
    const room = await new RoomPage(page).open(belfry.origin);
    await expect(room.field).not.toBeFocused();
    await room.rename('Ada');
    await room.field.pressSequentially('one');
    await room.field.press('Enter');
    await room.field.pressSequentially('two');
    await expect(room.field).toHaveValue('one\ntwo');
    await expect(room.said).toHaveCount(0);
    await expect(page.getByText('Press Enter to send')).toBeHidden();
    await room.send.tap();
    await expect(room.said.locator('.text')).toHaveText('one\ntwo', { useInnerText: true });
  });
});

test('the message has the keyboard on entry, unless something else has it', async ({ belfry, page }) => {
  const room = await new RoomPage(page).open(belfry.origin);
  await expect(room.field).toBeFocused();
  await page.locator('.masthead').getByRole('link', { name: 'Chat' }).click();
  await expect(page.getByRole('main')).toBeFocused();
  await page.getByRole('main').getByRole('link', { name: 'lobby' }).click();
  await expect(room.field).toBeFocused();
  // A room whose script comes late: one has begun elsewhere by then.
  let pass = () => {};
  const gate = new Promise<void>((resolve) => (pass = resolve));
  await page.route('**/*.wasm', async (route) => {
    await gate;
    await route.continue();
  });
  await page.reload({ waitUntil: 'commit' });
  await room.name.focus();
  pass();
  await room.isLive();
  await expect(room.name).toBeFocused();
});

test('the name steps aside once it is filled in, and comes back to be changed', async ({ belfry, page }) => {
  const room = await new RoomPage(page).open(belfry.origin);
  await expect(room.name).toBeVisible();
  await room.rename('Ada');
  await room.field.pressSequentially('h');
  await expect(room.name).toBeHidden();
  await expect(room.naming).toHaveText('Your name Ada');
  await room.field.press('Enter');
  await expect(room.row('h').locator('.author')).toHaveText('Ada');
  await page.reload();
  await room.isLive();
  await expect(room.name).toBeHidden();
  await room.rename('');
  await room.say('nobody says this');
  await expect(room.problem).toHaveText(room.words.noName);
  await expect(room.name).toBeFocused();
  await page.keyboard.type('Bob');
  await expect(room.problem).toBeHidden();
  await room.field.press('Enter');
  await expect(room.row('nobody says this').locator('.author')).toHaveText('Bob');
  await expect(room.name).toBeHidden();
});

for (const [locale, words] of [['en-GB', WORDS.en], ['zh-CN', WORDS.zh]] as const) {
  test.describe(locale, () => {
    test.use({ locale });

    test('a line stands above what came while one read elsewhere', async ({ belfry, page, another }) => {
      await fill(belfry, 'lobby', 60);
      const room = await new RoomPage(page, words).open(belfry.origin);
      const other = await new RoomPage((await another()).page, words).enter(belfry.origin, 'Grace');
      await other.tell('seen');
      await expect(room.row('seen')).toHaveCount(1);
      await expect(room.notice(words.unread)).toHaveCount(0);
      await room.messages.evaluate((scroller) => scroller.scrollTo(0, -400));
      await expect(room.pill).toBeVisible();
      await other.tell('first');
      await other.tell('second');
      await expect(room.row('second')).toHaveCount(1);
      const line = room.notice(words.unread);
      await expect(line).toHaveCount(1);
      await expect(line.locator('+ li .text')).toHaveText('first');
      await expect(line.locator('+ li .author')).toHaveText('Grace');
      // It stays while one reads on, and goes when one answers.
      await room.pill.click();
      await expect(line).toHaveCount(1);
      await room.rename('Ada');
      await room.say('answer');
      await expect(line).toHaveCount(0);
    });

    test('near its end the field tells how much more has room, in what a person sees', async ({ belfry, page }) => {
      const room = await new RoomPage(page, words).enter(belfry.origin, 'Ada');
      const left = page.locator('#left');
      await room.field.fill('a'.repeat(3_500));
      await expect(left).toBeHidden();
      await room.field.fill('a'.repeat(4_000));
      await expect(left).toHaveText(words.left);
      // 25 bytes each, and 163 have room.
      await room.field.fill(FAMILY.repeat(165));
      await expect(left).toHaveText(words.over);
      await expect(room.problem).toHaveText(words.longText);
      await expect(room.field).toHaveAttribute('aria-invalid', 'true');
      await room.field.fill(FAMILY.repeat(163));
      await expect(room.problem).toBeHidden();
      await room.field.press('Enter');
      await expect(left).toBeHidden();
      await expect(room.said.locator('.state')).toHaveText(words.delivered);
    });

    test('a name that cannot be used is told while it is written', async ({ belfry, page }) => {
      const room = await new RoomPage(page, words).open(belfry.origin);
      for (const bad of ['a'.repeat(41), 'Z\u0300\u0301\u0302', '\u0301a', '\u0e01\u0e34\u0e34\u0e34\u0e34']) {
        await room.name.fill(bad);
        await expect(room.problem, bad).toHaveText(words.badName);
        await expect(room.name).toHaveAttribute('aria-invalid', 'true');
        await room.name.fill('Ada');
        await expect(room.problem).toBeHidden();
      }
    });
  });
}

test('what is pasted with characters that nobody sees is put right', async ({ belfry, page }) => {
  const room = await new RoomPage(page).open(belfry.origin);
  await room.rename('\u2068A\u200bda\u2069\ufeff');
  await expect(room.naming.locator('bdi')).toHaveText('Ada');
  await expect(room.name).toHaveValue('Ada');
  await room.field.fill('begin  end');
  await room.field.evaluate((field: HTMLTextAreaElement) => field.setSelectionRange(6, 6));
  await page.keyboard.insertText('a\u2028b\fc \u2068Ada\u2069 \u202e\u0000d');
  await expect(room.field).toHaveValue('begin a\nb\nc Ada d end');
  // One writes on where one was.
  await page.keyboard.insertText('!');
  await expect(room.field).toHaveValue('begin a\nb\nc Ada d! end');
  await room.field.press('Enter');
  await expect(room.said.locator('.state')).toHaveText('Delivered');
  await room.field.fill(`Z${'\u0301'.repeat(9)}`);
  await expect(room.problem).toHaveText(room.words.badText);
  await room.say(`Z${'\u0301'.repeat(8)}`);
  await expect(room.problem).toBeHidden();
  await expect(room.said).toHaveCount(2);
  await expect(room.said.last().locator('.state')).toHaveText('Delivered');
  await room.say('\u200b');
  await expect(room.problem).toHaveText(room.words.noText);
});

test('names are written as their scripts need it, key by key', async ({ belfry, page }) => {
  const room = await new RoomPage(page).open(belfry.origin);
  const names = ['می\u200cنا', 'ශ්\u200dරී', 'བསྒྲུབས', 'ကျွန်ုပ်', `Ada ${FAMILY}`];
  for (const name of names) {
    await room.rename('');
    for (const key of name) {
      await page.locator('#name').evaluate((field: HTMLInputElement) => field.focus());
      await page.keyboard.insertText(key);
    }
    await room.tell(`I am ${name}`);
    await expect(room.said.last().locator('.author')).toHaveText(name);
  }
  await page.reload();
  expect((await room.shown()).map(({ name }) => name)).toEqual(names);
});
