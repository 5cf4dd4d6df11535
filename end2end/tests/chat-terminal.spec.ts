//! A terminal in the same room: it shows what is said in pages, and pages show what it says.

import type { Belfry } from './belfry';
import { WORDS } from './chat-words';
import { RoomPage } from './room-page';
import { expect, test } from './test';

/** Runs a command to its end, and returns what it prints. */
async function run(belfry: Belfry, ...args: string[]): Promise<string> {
  const { printed, ended } = follow(belfry, ...args);
  expect(await ended).toBe(0);
  return printed.join('\n');
}

/** Runs a command; the lines that it prints gather. */
function follow(belfry: Belfry, ...args: string[]) {
  const child = belfry.command(...args);
  const printed: string[] = [];
  let rest = '';
  child.stdout!.setEncoding('utf8').on('data', (text: string) => {
    const lines = (rest + text).split('\n');
    rest = lines.pop()!;
    printed.push(...lines);
  });
  const ended = new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
  return { printed, ended, stop: () => child.kill('SIGKILL') };
}

test('belfry follow prints what is said in a page', async ({ belfry, page }) => {
  const terminal = follow(belfry, 'follow', 'chat/lobby', '--count', '3');
  await expect.poll(() => belfry.streams()).toBe(1);
  const chat = new RoomPage(page);
  await chat.open(belfry.origin);
  const said = [
    { name: 'Ada', text: 'hello, terminal' },
    { name: '王小明', text: '天气\n "quoted" <b>' },
    { name: 'Ada', text: 'good bye' },
  ];
  for (const { name, text } of said) {
    await chat.post(text, name);
  }
  expect(await terminal.ended).toBe(0);
  expect(terminal.printed.map((line) => JSON.parse(line))).toEqual(said);
});

test('belfry publish says something in open pages, without a name or with one', async ({ belfry, page, another }) => {
  const chat = new RoomPage(page);
  const other = new RoomPage((await another({ locale: 'zh-CN' })).page, WORDS.zh);
  await chat.open(belfry.origin);
  await other.open(belfry.origin);
  expect(await run(belfry, 'publish', 'chat/lobby', 'the build is red')).toMatch(/^\w+-\d+$/);
  await run(belfry, 'publish', 'chat/lobby', JSON.stringify({ name: 'Builder', text: 'see https://example.com/1.' }));
  // What is no message is the text of nobody.
  await run(belfry, 'publish', 'chat/lobby', '{"name":"Builder"}');
  const said = (nobody: string) => [
    { name: nobody, text: 'the build is red' },
    { name: 'Builder', text: 'see https://example.com/1.' },
    { name: nobody, text: '{"name":"Builder"}' },
  ];
  await expect.poll(() => chat.shown()).toEqual(said(chat.words.nobody));
  await expect.poll(() => other.shown()).toEqual(said(other.words.nobody));
  await expect(chat.texts.getByRole('link')).toHaveAttribute('href', 'https://example.com/1');
  await page.reload();
  await expect.poll(() => chat.shown()).toEqual(said(chat.words.nobody));
});

test('belfry purge empties open pages, which say so and go on', async ({ belfry, page, another }) => {
  const pages = [new RoomPage(page), new RoomPage((await another({ locale: 'zh-CN' })).page, WORDS.zh)];
  for (const chat of pages) {
    await chat.open(belfry.origin);
  }
  await pages[0].tell('to be forgotten', 'Ada');
  await belfry.publish('chat/lobby', 'this too');
  await belfry.publish('chat/other', 'this not');
  for (const chat of pages) {
    await chat.shows(['to be forgotten', 'this too']);
  }
  expect(await run(belfry, 'purge', 'chat/lobby')).toBe('2');
  for (const chat of pages) {
    await expect(chat.said).toHaveCount(0);
    await expect(chat.notice(chat.words.purged)).toBeVisible();
    await expect(chat.page.getByText('to be forgotten')).toHaveCount(0);
  }
  await pages[1].tell('a new beginning', 'Bob');
  await belfry.publish('chat/lobby', 'and on');
  for (const chat of pages) {
    await chat.shows(['a new beginning', 'and on']);
    await expect(chat.older).toBeHidden();
  }
  // After a reload, nothing is left of it but what came later.
  await page.reload();
  await pages[0].shows(['a new beginning', 'and on']);
  await pages[0].open(belfry.origin, 'other');
  await pages[0].shows(['this not']);
});

test.describe('a page that was not connected', () => {
  test.use({ expected: /net::ERR_|^Failed to load resource/ });

  test('hears of a purge when it is again', async ({ belfry, page, through }) => {
    const proxy = await through(belfry);
    const chat = new RoomPage(page);
    await belfry.publish('chat/lobby', 'to be forgotten');
    await chat.open(proxy.origin);
    await chat.shows(['to be forgotten']);
    proxy.refuse();
    await expect(page.locator('.banner')).toBeVisible({ timeout: 10_000 });
    await belfry.publish('chat/lobby', 'never shown');
    expect(await run(belfry, 'purge', 'chat/lobby')).toBe('2');
    await belfry.publish('chat/lobby', 'a new beginning');
    proxy.pass();
    await expect(chat.texts).toHaveText(['a new beginning'], { timeout: 20_000 });
    await expect(chat.notice(chat.words.purged)).toBeVisible();
  });
});
