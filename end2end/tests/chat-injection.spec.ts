//! Nothing that anyone types becomes markup: it is shown as it was typed, or refused in words.

import type { Page } from '@playwright/test';

import { asName, asNameInPage, asText, asTextInPage, BROKEN, DISGUISED_NAMES, type Injection, INJECTIONS } from './injections';
import { RoomPage, type Said } from './room-page';
import { expect, FAILED_REQUESTS_OR_NO_SCRIPT, test } from './test';

test.use({ expected: FAILED_REQUESTS_OR_NO_SCRIPT });

/** What somebody types, and what is shown of it: nothing where it is refused. */
type Post = { typed: Said; shown?: Said };

type Becomes = (one: Injection) => string | undefined;

/** Each string as a message and as a name, both at once where both are taken. */
const posts = (asName: Becomes, asText: Becomes): Post[] => INJECTIONS.flatMap((one, index) => {
  const [name, text] = [asName(one), asText(one)];
  const [somebody, something] = [`Ada ${index}`, `text ${index}`];
  const both: Post[] = name !== undefined && text !== undefined
    ? [{ typed: { name: one.typed, text: one.typed }, shown: { name, text } }]
    : [];
  const posts: Post[] = [
    { typed: { name: one.typed, text: something }, shown: name === undefined ? name : { name, text: something } },
    { typed: { name: somebody, text: one.typed }, shown: text === undefined ? text : { name: somebody, text } },
  ];
  return both.length > 0 ? both : posts;
});

/** By the form of a page without scripts, and by a page that runs. */
const POSTS = posts(asName, asText);
const POSTS_IN_PAGE = posts(asNameInPage, asTextInPage);

/** This many are neither too fast for the server, nor more than its page shows. */
const AT_ONCE = 40;

/** Notes whatever the page asks its visitor. */
function dialogs(page: Page): string[] {
  const asked: string[] = [];
  page.on('dialog', (dialog) => {
    asked.push(dialog.message());
    void dialog.dismiss();
  });
  return asked;
}

/** The page shows these, as text and links, and has asked nothing. */
async function shows(chat: RoomPage, said: Said[], asked: string[]): Promise<void> {
  await expect.poll(async () => (await chat.shown()).length, { timeout: 20_000 }).toBe(said.length);
  expect(await chat.shown()).toEqual(said);
  await expect(chat.said.locator('.text *:not(a), .author *')).toHaveCount(0);
  const links = await chat.texts.getByRole('link').evaluateAll((links) =>
    links.map((link) => {
      const { textContent: text, protocol, rel } = link as HTMLAnchorElement;
      return { text, href: link.getAttribute('href'), protocol, rel };
    }),
  );
  for (const { text, href, protocol, rel } of links) {
    expect(href, 'a link leads where it says').toBe(text);
    // What only looks like an address leads nowhere.
    expect(['http:', 'https:', ':']).toContain(protocol);
    expect(rel).toContain('noopener');
  }
  expect(asked).toEqual([]);
}

/** Says it with the page; what cannot be sent is told, and stays in its field. */
async function say(chat: RoomPage, { typed, shown }: Post): Promise<void> {
  if (shown) {
    return chat.tell(typed.text, typed.name);
  }
  await chat.post(typed.text, typed.name);
  const words = chat.words;
  const refused = new RegExp([words.noName, words.badName, words.noText, words.longText, words.badText].join('|'));
  await expect(chat.problem).toHaveText(refused);
  await expect(chat.field).toHaveValue(typed.text);
}

for (let from = 0; from < POSTS_IN_PAGE.length; from += AT_ONCE) {
  const posts = POSTS_IN_PAGE.slice(from, from + AT_ONCE);
  const said = posts.flatMap(({ shown }) => shown ?? []);

  test(`what is typed is shown or refused, ${from + 1} to ${from + posts.length} of ${POSTS_IN_PAGE.length}`, async ({
    belfry,
    page,
    another,
  }) => {
    test.setTimeout(120_000);
    const [writer, reader] = [new RoomPage(page), new RoomPage((await another()).page)];
    const asked = [writer, reader].map((chat) => dialogs(chat.page));
    await writer.open(belfry.origin);
    await reader.open(belfry.origin);
    for (const post of posts) {
      await say(writer, post);
    }
    await shows(reader, said, asked[1]);
    await shows(writer, said, asked[0]);
    const name = await writer.name.inputValue();
    // Rendered by the server, and taken over.
    await writer.open(belfry.origin);
    await shows(writer, said, asked[0]);
    // The tab has kept it, also where nobody can be called so.
    await expect(writer.name).toHaveValue(name);
    const plain = new RoomPage((await another({ javaScriptEnabled: false })).page);
    await plain.goto(belfry.origin);
    await shows(plain, said, []);
  });
}

test('what a form without scripts is refused for is there again as it was typed', async ({ belfry, another }) => {
  test.setTimeout(120_000);
  const plain = new RoomPage((await another({ javaScriptEnabled: false })).page);
  await plain.goto(belfry.origin);
  for (const { typed } of POSTS.filter(({ shown }) => !shown)) {
    await plain.post(typed.text, typed.name);
    const { noName, badName, noText, badText, longText } = plain.words;
    const refused = [noName, badName, noText, badText, longText].join('|');
    await expect(plain.problem).toHaveText(new RegExp(refused));
    // An HTML parser has no NUL.
    const again = (text: string) => text.replaceAll('\0', '\ufffd');
    await expect(plain.field).toHaveValue(again(typed.text));
    await expect(plain.name).toHaveValue(again(typed.name));
  }
  await expect(plain.said).toHaveCount(0);
});

test('a program’s disguised name is none, in what comes live and in what the server renders', async ({
  belfry,
  page,
  another,
}) => {
  const chat = new RoomPage(page);
  await chat.open(belfry.origin);
  const said: Said[] = [];
  for (const [index, name] of DISGUISED_NAMES.entries()) {
    await belfry.publish('chat/lobby', JSON.stringify({ name, text: `text ${index}` }));
    said.push({ name: chat.words.nobody, text: `text ${index}` });
  }
  await shows(chat, said, dialogs(page));
  const plain = new RoomPage((await another({ javaScriptEnabled: false })).page);
  await plain.goto(belfry.origin);
  await shows(plain, said, []);
});

test('bytes that are no text are shown as such', async ({ belfry, page, another, request }) => {
  const chat = new RoomPage(page);
  await chat.open(belfry.origin);
  for (const [encoded] of BROKEN) {
    const answer = await request.post(`${belfry.origin}/chat/lobby`, {
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      data: Buffer.from(`name=Ada&text=${encoded}`),
    });
    expect(answer.status(), encoded).toBe(200);
  }
  const said = BROKEN.map(([, text]) => ({ name: 'Ada', text }));
  await shows(chat, said, dialogs(page));
  const plain = new RoomPage((await another({ javaScriptEnabled: false })).page);
  await plain.goto(belfry.origin);
  await shows(plain, said, []);
  for (const room of ['%FF', '%ED%A0%80', '%EF%BF%BD']) {
    expect((await request.get(`${belfry.origin}/chat/${room}`)).status(), room).toBe(404);
  }
});
