//! Under a base path everything that a page loads, links to and keeps is its own, also beside another server.

import { createServer, request as ask, type Server } from 'node:http';
import { once } from 'node:events';

import type { Belfry } from './belfry';
import { RoomPage } from './room-page';
import { expect, FAILED_REQUESTS, test as base } from './test';

/** A path of one origin for each of two servers. */
const PATHS = ['/one', '/two'] as const;

type Shared = {
  /** Two servers whose paths are on one origin. */
  servers: readonly [Belfry, Belfry];
  /** That origin. */
  origin: string;
};

const test = base.extend<Shared>({
  servers: async ({ start }, use) => {
    const flags = (path: string) => ['--interval', '1s', '--base-path', path, '--rooms', 'any', '--status', 'public'];
    await use([await start({ flags: flags(PATHS[0]) }), await start({ flags: flags(PATHS[1]) })]);
  },

  origin: async ({ servers }, use) => {
    const proxy = byPath(servers);
    proxy.listen(0, '127.0.0.1');
    await once(proxy, 'listening');
    await use(`http://localhost:${(proxy.address() as { port: number }).port}`);
    proxy.closeAllConnections();
    proxy.close();
  },
});

// The page that is not there is told in the console.
test.use({ expected: FAILED_REQUESTS });

/** Passes each request on to the server of its path, unchanged. */
function byPath(servers: readonly Belfry[]): Server {
  return createServer((asked, answered) => {
    const { url, method, headers } = asked;
    const index = PATHS.findIndex((path) => url!.startsWith(`${path}/`));
    if (index < 0) {
      answered.writeHead(404).end();
      return;
    }
    const passed = ask({ host: '127.0.0.1', port: servers[index].port, path: url, method, headers }, (answer) => {
      answered.writeHead(answer.statusCode!, answer.headers);
      answer.pipe(answered);
    });
    passed.on('error', () => answered.destroy());
    answered.on('close', () => passed.destroy());
    asked.pipe(passed);
  });
}

test('a visit loads nothing from beside the base path, and no link leads there', async ({ origin, page }) => {
  const asked: string[] = [];
  page.on('request', (request) => asked.push(request.url()));
  const room = new RoomPage(page);
  const [one] = PATHS;
  const leads = async () => {
    const places = await page.locator('[href], [action], [src]').evaluateAll((elements) =>
      elements.flatMap((it) => ['href', 'action', 'src'].flatMap((name) => it.getAttribute(name) ?? [])),
    );
    expect(places.length).toBeGreaterThan(10);
    expect(places.filter((place) => !place.startsWith(`${one}/`) && !/^(#|data:|https?:)/.test(place))).toEqual([]);
    expect(places.filter((place) => /^https?:/.test(place) && !place.startsWith(`${origin}${one}`))).toEqual([]);
  };
  await page.goto(`${origin}${one}/`);
  await room.hears();
  await expect(page.locator('.snippets')).toContainText(`curl -N ${origin}${one}/sse`);
  await expect(page.locator('.snippets')).toContainText(`new EventSource('${one}/sse')`);
  await page.evaluate(() => Object.assign(window, { marked: true }));
  await leads();
  // By clicks, so that the browser makes these pages.
  const pages = page.getByRole('navigation', { name: 'Pages' });
  for (const name of ['Status', 'Console', 'Chat']) {
    await pages.getByRole('link', { name }).click();
    await expect(page).toHaveURL(`${origin}${one}/${name.toLowerCase()}`);
    await expect(page.getByRole('heading', { level: 1 })).toBeVisible();
    await leads();
  }
  await pages.getByRole('link', { name: 'Console' }).click();
  await page.getByRole('textbox').fill('news');
  await page.getByRole('textbox').press('Enter');
  await expect(page).toHaveURL(`${origin}${one}/console?topic=news`);
  await expect(page.getByRole('main')).toContainText(`${origin}${one}/topics/news`);
  await page.goBack();
  await expect(page).toHaveURL(`${origin}${one}/console`);
  await expect(page.getByRole('textbox')).toHaveValue('');
  expect(await page.evaluate(() => 'marked' in window), 'not reloaded').toBe(true);
  await room.enter(`${origin}${one}`, 'Ada');
  await room.tell('hello');
  await leads();
  await pages.getByRole('link', { name: 'Chat' }).click();
  await page.getByRole('main').getByRole('link', { name: 'lobby' }).click();
  await room.shows(['hello']);
  await leads();
  await page.getByRole('link', { name: '简体中文' }).click();
  await expect(page.locator('html')).toHaveAttribute('lang', 'zh-CN');
  await expect(page).toHaveURL(`${origin}${one}/chat/lobby`);
  await page.goto(`${origin}${one}/nothing`);
  await expect(page.getByRole('main')).toContainText(`${one}/nothing`);
  await leads();
  const parts = ['/sse', '/api/time', '/api/page', '/here', '/pkg/', '.wasm', '.css', '/chat/lobby'];
  expect(parts.filter((part) => !asked.some((url) => url.includes(part))), 'it has asked for all of them').toEqual([]);
  expect(asked.filter((url) => !url.startsWith(`${origin}${one}/`))).toEqual([]);
});

test('two servers on one origin share no stream, no sign-in and no draft', async ({ origin, servers, context, page }) => {
  const [one, two] = PATHS.map((path) => `${origin}${path}`);
  const other = await context.newPage();
  const rooms = [new RoomPage(page), new RoomPage(other)];
  await rooms[0].open(one);
  await rooms[1].open(two);
  for (const belfry of servers) {
    await expect.poll(() => belfry.streams()).toBe(1);
  }
  const watching = (tab: typeof page) => tab.getByRole('article').filter({ hasText: 'Watching now' });
  for (const [tab, place] of [[page, one], [other, two]] as const) {
    await tab.goto(`${place}/`);
    await expect(tab.getByRole('status')).toHaveText('Live', { timeout: 20_000 });
    await expect(watching(tab)).not.toContainText('2 tabs');
  }

  // In one tab, one after the other.
  await rooms[0].enter(one, 'Ada');
  await rooms[0].field.fill('a draft');
  await rooms[0].open(two);
  await expect(rooms[0].field).toHaveValue('');
  await expect(rooms[0].name).toHaveValue('');
  await rooms[0].field.fill('another draft');

  // Who signs in and out of the second loses what they have begun there, and nothing of the first.
  const signIn = (belfry: Belfry, place: string) =>
    page.evaluate(
      ({ place, token }) => fetch(`${place}/login`, { method: 'POST', body: token }).then(({ status }) => status),
      { place, token: belfry.tokenOf('Ada', 'staff') },
    );
  expect(await signIn(servers[1], two)).toBe(204);
  // Meanwhile the page may load itself for who has signed in, which ends a visit that has just begun.
  await expect(async () => page.goto(`${two}/chat/lobby`)).toPass();
  await expect(page.getByRole('button', { name: 'Sign out' })).toBeVisible();
  await expect(rooms[0].field).toHaveValue('another draft');
  await rooms[0].open(one);
  await expect(page.getByRole('button', { name: 'Sign out' })).toBeHidden();
  await expect(rooms[0].field).toHaveValue('a draft');
  await rooms[0].open(two);
  await page.getByRole('button', { name: 'Sign out' }).click();
  await expect(page.getByRole('button', { name: 'Sign out' })).toBeHidden();
  await expect(rooms[0].field).toHaveValue('');
  await rooms[0].open(one);
  await expect(rooms[0].field).toHaveValue('a draft');
});
