//! `--cross-site-cookies` over https: a page of another site signs its visitor in, and follows what is private.

import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { Belfry } from './belfry';
import { certify } from './certificate';
import { test as inFirefox } from './firefox-fixtures';
import { expect, FAILED_REQUESTS, test as inChromium } from './test';

const PAGE = `<!DOCTYPE html>
<title>A page of somebody else</title>
<link rel="icon" href="data:,">
<ol></ol>`;

/** A site at `localhost`, which is another one than 127.0.0.1. */
class Site {
  private constructor(
    private readonly server: Server,
    private readonly folder: string,
    readonly origin: string,
  ) {}

  static async open(): Promise<Site> {
    const folder = mkdtempSync(join(tmpdir(), 'belfry-site-'));
    certify(folder);
    const [key, cert] = ['key.pem', 'fullchain.pem'].map((name) => readFileSync(join(folder, name)));
    const server = createServer({ key, cert }, (_, response) => {
      response.setHeader('content-type', 'text/html; charset=utf-8');
      response.end(PAGE);
    });
    await once(server.listen(0, '127.0.0.1'), 'listening');
    return new Site(server, folder, `https://localhost:${(server.address() as AddressInfo).port}`);
  }

  async close(): Promise<void> {
    this.server.closeAllConnections();
    await once(this.server.close(), 'close');
    rmSync(this.folder, { recursive: true });
  }
}

/** Runs in the page: signs in, and says what came of it. */
async function signIn([origin, token]: readonly [string, string]): Promise<string> {
  const headers = { authorization: `Bearer ${token}` };
  const answer = await fetch(`${origin}/login`, { method: 'POST', credentials: 'include', headers }).catch(() => undefined);
  return answer ? String(answer.status) : 'blocked';
}

/** Runs in the page: follows a topic, and writes what it hears into its list. */
function follow(stream: string): void {
  new EventSource(stream, { withCredentials: true }).onmessage = ({ data }) => {
    document.querySelector('ol')!.append(Object.assign(document.createElement('li'), { textContent: data }));
  };
}

/** A page, whichever drives its browser. */
type Tab = {
  evaluate<A, R>(what: (argument: A) => R | Promise<R>, argument: A): Promise<R>;
};

const heard = (tab: Tab) => () =>
  tab.evaluate(() => [...document.querySelectorAll('li')].map((item) => item.textContent), null);

/** What a visitor of the page hears, who may read private events. */
async function visit(tab: Tab, belfry: Belfry, signsIn: string, hears: string[]): Promise<void> {
  expect(await tab.evaluate(signIn, [belfry.origin, belfry.tokenOf('Ada', 'news')] as const)).toBe(signsIn);
  await tab.evaluate(follow, `${belfry.origin}/sse?topic=news`);
  await expect.poll(() => belfry.streams(), { timeout: 10_000 }).toBe(1);
  await belfry.publishPrivately('news', 'for Ada');
  // What is for all comes after it, so that its absence shows.
  await belfry.publish('news', 'for all');
  await expect.poll(heard(tab), { timeout: 10_000 }).toEqual(hears);
}

const flags = (site: Site, ...more: string[]) =>
  ['--tls-self-signed', '--interval', '1s', '--allow-origin', site.origin, ...more];

inChromium.describe('in Chromium', () => {
  const test = inChromium.extend<{ site: Site }>({
    site: async ({}, use) => {
      const site = await Site.open();
      await use(site);
      await site.close();
    },
  });
  test.use({ ignoreHTTPSErrors: true, expected: new RegExp(`${FAILED_REQUESTS.source}|blocked by CORS policy`) });

  test('with --cross-site-cookies a page of another site signs in, and hears what is private', async ({ start, site, page, context }) => {
    const belfry = await start({ flags: flags(site, '--cross-site-cookies') });
    await page.goto(site.origin);
    await visit(page, belfry, '204', ['for Ada', 'for all']);
    const kept = (await context.cookies()).find(({ name }) => name === '__Host-belfry-token');
    expect(kept).toMatchObject({ sameSite: 'None', secure: true, httpOnly: true, partitionKey: expect.stringContaining('https://localhost') });
  });

  test('without it, it can not; nor does it hear as whom its visitor has signed in there', async ({ start, site, page, context }) => {
    const belfry = await start({ flags: [...flags(site), '--status', 'token'] });
    // Signed in on the server's own page, and by a link from there.
    await page.goto(`${belfry.origin}/status`);
    await page.getByRole('main').getByLabel('Token').fill(belfry.tokenOf('Ada', 'news'));
    await page.getByRole('button', { name: 'Show status' }).click();
    await expect(page.getByRole('button', { name: 'Sign out' })).toBeVisible();
    expect((await context.cookies()).map(({ name }) => name)).toContain('__Host-belfry-token');
    const tab = await context.newPage();
    await page.close();
    await expect.poll(() => belfry.streams(), { timeout: 10_000 }).toBe(0);
    await tab.goto(site.origin);
    await visit(tab, belfry, 'blocked', ['for all']);
  });
});

inFirefox.describe('in Firefox', () => {
  inFirefox.use({ acceptInsecureCerts: true });

  for (const [name, more, signsIn, hears] of [
    ['with --cross-site-cookies a page of another site hears what is private', ['--cross-site-cookies'], '204', ['for Ada', 'for all']],
    ['without it, it hears only what is for all', [], 'blocked', ['for all']],
  ] as const) {
    inFirefox(name, async ({ browsing }) => {
      const site = await Site.open();
      const belfry = await Belfry.start({ flags: flags(site, ...more) });
      try {
        const tab = await browsing.newPage();
        await tab.goto(site.origin);
        await visit(tab as Tab, belfry, signsIn, [...hears]);
      } finally {
        await belfry.remove();
        await site.close();
      }
    });
  }
});
