//! Pages of other sites cannot make their visitor say anything, or be in a room.

import { createServer, type Server } from 'node:http';
import { once } from 'node:events';

import type { Page, Request } from '@playwright/test';

import type { Belfry } from './belfry';
import { chromium } from './browsers';
import { RoomPage } from './room-page';
import { expect, FAILED_REQUESTS_OR_NO_SCRIPT, test as base } from './test';

/** Names of this machine. Over plain HTTP browsers do not trust them, and do not say which site asks. */
const [OURS, OTHER] = ['belfry.test', 'other.test'];

/** The server has to answer for all of them. */
const FLAGS = ['--interval', '1s', '--rooms', 'lobby', ...[OURS, 'localhost', '127.0.0.1'].flatMap((host) => ['--host', host])];

/** What a browser says of an origin that it does not trust. */
const UNTRUSTED = 'Cross-Origin-Opener-Policy header has been ignored, because the URL\'s origin was untrustworthy';

const test = base.extend<{ site: number }>({
  /** The port of a site that any name of this machine leads to. Its pages are empty. */
  site: async ({}, use) => {
    const server: Server = createServer((_, response) => {
      response.setHeader('content-type', 'text/html').end('<!DOCTYPE html><title>other</title><link rel=icon href=data:,>');
    });
    await once(server.listen(0, '127.0.0.1'), 'listening');
    await use((server.address() as { port: number }).port);
    server.closeAllConnections();
    await once(server.close(), 'close');
  },
});

test.use({
  launchOptions: {
    ...chromium.launchOptions,
    args: [...chromium.launchOptions!.args!, `--host-resolver-rules=MAP *.test 127.0.0.1`],
  },
  expected: new RegExp(`${FAILED_REQUESTS_OR_NO_SCRIPT.source}|blocked by CORS policy|${UNTRUSTED}`),
});

/** A form in the page, sent to an address as somebody's click would send it. */
async function post(page: Page, to: string, fields: Record<string, string>, enctype: string): Promise<Request> {
  const sent = page.waitForRequest((request) => request.method() === 'POST');
  await page.evaluate(
    ([to, fields, enctype]) => {
      const form = Object.assign(document.createElement('form'), { method: 'post', action: to, enctype });
      for (const [name, value] of Object.entries(fields)) {
        form.append(Object.assign(document.createElement('input'), { name, value }));
      }
      document.body.append(form);
      form.submit();
    },
    [to, fields, enctype] as const,
  );
  return sent;
}

/** Requests by script; the page may not read what is answered. */
async function ask(page: Page, to: string, form: Record<string, string>): Promise<void> {
  await page.evaluate(
    async ([to, form]) => {
      const body = () => new URLSearchParams(form);
      await fetch(to, { method: 'POST', mode: 'no-cors', credentials: 'include', body: body() });
      const answer = fetch(to, { method: 'POST', mode: 'cors', credentials: 'include', body: body() });
      if ((await answer.catch(() => 'blocked')) !== 'blocked') {
        throw new Error('the page could read the answer');
      }
      navigator.sendBeacon(to, body());
      await new Promise((resolve) => {
        const request = new XMLHttpRequest();
        request.onloadend = resolve;
        request.open('POST', to);
        request.withCredentials = true;
        request.send(body());
      });
    },
    [to, form] as const,
  );
}

async function history(belfry: Belfry): Promise<string[]> {
  const answer = await fetch(`${belfry.origin}/topics/chat/lobby?limit=100`);
  return (await answer.json()).events.map(({ data }: { data: string }) => JSON.parse(data).text);
}

const FORM = { name: 'Mallory', text: 'forged' };

for (const { from, to, site } of [
  { from: 'localhost', to: '127.0.0.1', site: 'cross-site' },
  // Another port is another origin of the same site, whose cookies come along.
  { from: '127.0.0.1', to: '127.0.0.1', site: 'same-site' },
  { from: OTHER, to: OURS, site: undefined },
]) {
  test(`a page of ${from} says nothing at ${to}, by form or by script`, async ({ start, site: port, page, another }) => {
    const belfry = await start({ flags: FLAGS });
    const origin = belfry.origin.replace('127.0.0.1', to);
    // The visitor has been here, and has a name.
    const chat = new RoomPage(page);
    await chat.goto(origin);
    const own = page.waitForRequest((request) => request.method() === 'POST' && request.url().endsWith('/chat/lobby'));
    await chat.isLive();
    await chat.tell('hello', 'Ada');
    expect((await (await own).allHeaders())['sec-fetch-site']).toBe(site && 'same-origin');
    const watching = new RoomPage((await another()).page);
    await watching.open(origin);
    // The page that is left is here no more.
    const elsewhere = `http://${from}:${port}/`;
    await page.goto(elsewhere);
    await expect(watching.here).toHaveText('1 here');

    for (const enctype of ['application/x-www-form-urlencoded', 'multipart/form-data', 'text/plain']) {
      const request = await post(page, `${origin}/chat/lobby`, FORM, enctype);
      const headers = await request.allHeaders();
      expect(headers['sec-fetch-site']).toBe(site);
      expect(headers.origin).toBe(elsewhere.slice(0, -1));
      expect((await request.response())!.status()).toBe(403);
      await expect(chat.problem).toHaveText(chat.words.elsewhere);
      await expect(page.getByText('forged')).toHaveCount(0);
      await expect(chat.field).toHaveValue('');
      await page.goto(elsewhere);
    }
    await page.evaluate(() => {
      const meta = Object.assign(document.createElement('meta'), { name: 'referrer', content: 'no-referrer' });
      document.head.append(meta);
    });
    const silent = await post(page, `${origin}/chat/lobby`, FORM, 'application/x-www-form-urlencoded');
    expect((await silent.allHeaders()).origin).toBe('null');
    expect((await silent.response())!.status()).toBe(403);
    await expect(chat.problem).toHaveText(chat.words.elsewhere);
    await page.goto(elsewhere);

    const answered: number[] = [];
    let ended = 0;
    page.on('response', (response) => answered.push(response.status()));
    page.on('requestfinished', () => (ended += 1));
    page.on('requestfailed', () => (ended += 1));
    await ask(page, `${origin}/chat/lobby`, FORM);
    await ask(page, `${origin}/chat/lobby/here`, { browser: 'forged', tab: 'forged', name: 'Mallory' });
    await expect.poll(() => ended).toBe(8);
    // The others were kept from this page by the browser.
    expect(answered).toEqual([403, 403, 403, 403]);

    // Afterwards the room is as it was, and open.
    await chat.goto(origin);
    await chat.isLive();
    await chat.tell('hello again');
    await watching.shows(['hello', 'hello again']);
    await expect(watching.here).not.toContainText('Mallory');
    expect(await history(belfry)).toEqual(['hello', 'hello again']);
  });
}

test('a form of this site without scripts is taken, where browsers say which site and where not', async ({
  start,
  another,
}) => {
  const belfry = await start({ flags: FLAGS });
  const chat = new RoomPage((await another({ javaScriptEnabled: false })).page);
  for (const host of ['127.0.0.1', 'localhost', OURS]) {
    await chat.goto(belfry.origin.replace('127.0.0.1', host));
    await chat.post(`from ${host}`, 'Ada');
    await expect(chat.texts.last()).toHaveText(`from ${host}`);
  }
  expect(await history(belfry)).toHaveLength(3);
});
