//! Without scripts a visitor reads and says the same, and what goes wrong is told in words.

import type { Response } from '@playwright/test';

import { WORDS } from './chat-words';
import { RoomPage } from './room-page';
import { expect, FAILED_REQUESTS_OR_NO_SCRIPT, test } from './test';

/** A sender may say this many at once. */
const AT_ONCE = 10;

test.use({
  javaScriptEnabled: false,
  // The page of a refusal has the refusal's status.
  expected: FAILED_REQUESTS_OR_NO_SCRIPT,
});

for (const [locale, words] of [['en-GB', WORDS.en], ['zh-CN', WORDS.zh]] as const) {
  test.describe(locale, () => {
    test.use({ locale, timezoneId: 'UTC' });

    test('one says something, and sees it, and what others say', async ({ belfry, page, another }) => {
      const chat = new RoomPage(page, words);
      await chat.goto(belfry.origin);
      await expect(page.getByText(words.nothing)).toBeVisible();
      await chat.post('hello,\n  天气 & <b>', 'Ada  Ｌ');
      await expect(page).toHaveURL(`${belfry.origin}/chat/lobby`);
      await expect.poll(() => chat.shown()).toEqual([{ name: 'Ada L', text: 'hello,\n  天气 & <b>' }]);
      await expect(page.getByText(words.nothing)).toBeHidden();
      await expect(chat.problem).toBeHidden();
      await expect(chat.field).toHaveValue('');
      // Loaded again, it is not sent again.
      await page.reload();
      await expect(chat.said).toHaveCount(1);
      const other = new RoomPage((await another({ locale, javaScriptEnabled: true })).page, words);
      await other.open(belfry.origin);
      await expect(other.texts).toHaveText(['hello,\n  天气 & <b>']);
      await other.tell('hello, Ada', 'Bob');
      await expect(other.messages.getByText(words.nobody)).toHaveCount(0);
      await page.reload();
      expect((await chat.shown()).at(-1)).toEqual({ name: 'Bob', text: 'hello, Ada' });
    });

    test('the browser keeps the name, in every room', async ({ belfry, page }) => {
      const chat = new RoomPage(page, words);
      await chat.goto(belfry.origin);
      await expect(chat.name).toHaveValue('');
      await chat.post('hello', 'Ada "<b>" 王');
      await expect(chat.name).toHaveValue('Ada "<b>" 王');
      await chat.goto(belfry.origin, '天气');
      await expect(chat.name).toHaveValue('Ada "<b>" 王');
      await chat.post('hello again');
      await expect.poll(() => chat.shown()).toEqual([{ name: 'Ada "<b>" 王', text: 'hello again' }]);
      const kept = (await page.context().cookies()).find(({ name }) => name === 'belfry-name');
      expect(kept).toMatchObject({ name: 'belfry-name', httpOnly: true, sameSite: 'Strict' });
    });

    test('what is wrong is told in words, and nothing that was typed is lost', async ({ belfry, page }) => {
      const chat = new RoomPage(page, words);
      await chat.goto(belfry.origin);
      for (const [name, text, problem] of [
        ['', 'hello', words.noName],
        ['   ', 'hello', words.noName],
        ['a'.repeat(41), 'hello', words.badName],
        ['Ad\u200ba', 'hello', words.badName],
        ['Ada', '', words.noText],
        ['Ada', ' \n ', words.noText],
        ['Ada', 'a'.repeat(4_097), words.longText],
        ['Ada', '汉'.repeat(1_366), words.longText],
        // More than the server reads of a form.
        ['Ada', '汉'.repeat(10_000), words.longText],
        ['Ada', 'hello \u202e world', words.badText],
      ]) {
        const answered = page.waitForResponse((answer) => answer.request().method() === 'POST');
        await chat.post(text, name);
        expect(Math.floor((await answered).status() / 100), problem).toBe(4);
        await expect(chat.problem).toHaveText(problem);
        if (text.length < 10_000) {
          await expect(chat.name).toHaveValue(name);
          await expect(chat.field).toHaveValue(text);
        }
      }
      await expect(chat.said).toHaveCount(0);
      await chat.post('a'.repeat(4_096), 'Ada');
      await expect(chat.problem).toBeHidden();
      await expect.poll(async () => (await chat.shown()).map(({ text }) => text.length)).toEqual([4_096]);
    });

    test('someone who posts too fast is told so, and can send it later', async ({ belfry, page, request }) => {
      const chat = new RoomPage(page, words);
      await chat.goto(belfry.origin);
      const form = { name: 'Ada', text: 'hello' };
      let answer: Response;
      let tries = 0;
      let mine = '';
      // More may be said while a slow machine is at it.
      do {
        const scripts = Array.from({ length: 2 * AT_ONCE }, () => request.post(`${belfry.origin}/chat/lobby`, { form }));
        const statuses = (await Promise.all(scripts)).map((answer) => answer.status());
        expect(statuses.every((status) => status === 200 || status === 429)).toBe(true);
        const answered = page.waitForResponse((answer) => answer.request().method() === 'POST');
        mine = `my message ${++tries}`;
        await chat.post(mine, 'Ada');
        answer = await answered;
      } while (answer.status() === 303);
      expect(answer.status()).toBe(429);
      expect(Number(answer.headers()['retry-after'])).toBeGreaterThanOrEqual(1);
      await expect(chat.problem).toHaveText(words.tooFast);
      await expect(chat.field).toHaveValue(mine);
      // Or what was mine before.
      await expect(chat.texts.last()).toHaveText(tries === 1 ? 'hello' : /^(hello|my message \d+)$/);
      await expect(chat.texts.last()).not.toHaveText(mine);
      await expect(async () => {
        await chat.send.click();
        await expect(chat.problem).toBeHidden({ timeout: 500 });
      }).toPass({ timeout: 10_000 });
      await expect(chat.texts.last()).toHaveText(mine);
    });

    test('links lead to older messages, and back', async ({ belfry, page }) => {
      const all = Array.from({ length: 120 }, (_, index) => `message ${index + 1}`);
      for (const text of all) {
        await belfry.publish('chat/lobby', JSON.stringify({ name: 'Ada', text }));
      }
      const chat = new RoomPage(page, words);
      await chat.goto(belfry.origin);
      await expect(page.getByRole('link', { name: words.newest })).toBeHidden();
      const read = await chat.texts.allTextContents();
      while (await chat.older.isVisible()) {
        await chat.older.click();
        await expect(chat.texts.first()).not.toHaveText(read[0]);
        read.unshift(...(await chat.texts.allTextContents()));
        await expect(page.getByRole('link', { name: words.newest })).toBeVisible();
      }
      expect(read).toEqual(all);
      await page.getByRole('link', { name: words.newest }).click();
      await expect(chat.texts.last()).toHaveText('message 120');
    });

    test('the rooms are listed, and a form opens another', async ({ belfry, page }) => {
      await belfry.publish('chat/天气', 'hello');
      await page.goto(`${belfry.origin}/chat`);
      const main = page.getByRole('main');
      const list = main.getByRole('region').or(main.locator('section')).getByRole('listitem');
      await expect(list.getByRole('link')).toHaveText(['天气', 'lobby']);
      await main.getByRole('link', { name: '天气' }).click();
      const chat = new RoomPage(page, words);
      await expect(chat.texts).toHaveText(['hello']);
      await main.getByRole('link', { name: words.rooms }).click();
      await main.getByRole('textbox', { name: words.room }).fill('a/b');
      await main.getByRole('button', { name: words.enter }).click();
      await expect(chat.problem).toContainText(words.notARoom);
      await main.getByRole('textbox', { name: words.room }).fill(' tea & cake? ');
      await main.getByRole('button', { name: words.enter }).click();
      await expect(chat.heading).toHaveText('tea & cake?');
      await expect(page).toHaveURL(`${belfry.origin}/chat/tea%20%26%20cake%3F`);
    });
  });
}
