//! Pages of another origin read the stream where the operator lists them, and resume after a restart.

import { type AddressInfo } from 'node:net';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';

import { Belfry } from './belfry';
import { test as inFirefox } from './firefox-fixtures';
import { expect, FAILED_REQUESTS, test as inChromium } from './test';

/** A page that follows a topic of another origin, and writes what it hears into its list. */
const page = (stream: string) => `<!DOCTYPE html>
<title>A page of somebody else</title>
<link rel="icon" href="data:,">
<ol></ol>
<script>
  const source = new EventSource(${JSON.stringify(stream)}, { withCredentials: true });
  source.onmessage = ({ data, lastEventId }) => {
    const item = Object.assign(document.createElement('li'), { textContent: data });
    item.dataset.id = lastEventId;
    document.querySelector('ol').append(item);
  };
  source.addEventListener('gap', () => document.querySelector('ol').append('a gap'));
</script>`;

/** A site that serves this page, and asks browsers to load nothing that other sites do not share. */
async function serve(html: () => string): Promise<{ server: Server; origin: string }> {
  const server = createServer((_, response) => {
    response.setHeader('content-type', 'text/html; charset=utf-8');
    response.setHeader('cross-origin-embedder-policy', 'require-corp');
    response.end(html());
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  // Not only another port, but another site than 127.0.0.1.
  return { server, origin: `http://localhost:${(server.address() as AddressInfo).port}` };
}

/** A page comes back within two seconds of a restart, and not within half a minute. */
const flags = (listed: string) => ['--interval', '1s', '--drain', '2s', '--allow-origin', listed];

async function end(server: Server): Promise<void> {
  server.closeAllConnections();
  await once(server.close(), 'close');
}

/** What a page must have heard, before and after the server was away. */
async function resumes(belfry: Belfry, heard: () => Promise<string[]>): Promise<void> {
  await belfry.publish('news', 'one');
  await expect.poll(heard, { timeout: 10_000 }).toEqual(['one']);
  await belfry.stop();
  await belfry.run();
  // While the page waits to try again.
  await belfry.publish('news', 'two');
  await belfry.publish('news', 'three');
  await expect.poll(heard, { timeout: 30_000 }).toEqual(['one', 'two', 'three']);
}

inChromium.describe('in Chromium', () => {
  inChromium.use({ expected: new RegExp(`${FAILED_REQUESTS.source}|blocked by CORS policy`) });

  inChromium('a listed page follows, resumes after a restart, and publishes with a token', async ({ start, page: tab }) => {
    let stream = '';
    const { server, origin } = await serve(() => page(stream));
    const belfry = await start({ flags: flags(origin) });
    stream = `${belfry.origin}/sse?topic=news`;
    await tab.goto(origin);
    const heard = () => tab.locator('li').allTextContents();
    await expect.poll(() => belfry.streams()).toBe(1);
    await resumes(belfry, heard);

    const published = await tab.evaluate(
      async ([to, token]) => {
        const answer = await fetch(`${to}/topics/news`, {
          method: 'POST',
          headers: { authorization: `Bearer ${token}`, 'event-type': 'message', 'idempotency-key': 'k' },
          body: 'four',
        });
        const refused = await fetch(`${to}/topics/news`, { method: 'POST', body: 'five' });
        const time = await (await fetch(`${to}/api/time`, { credentials: 'include' })).json();
        return [answer.status, refused.status, refused.headers.get('www-authenticate'), time.sent > 0];
      },
      [belfry.origin, belfry.token()] as const,
    );
    expect(published).toEqual([200, 401, 'Bearer', true]);
    await expect.poll(heard).toEqual(['one', 'two', 'three', 'four']);
    await end(server);
  });

  inChromium('a page that is not listed hears nothing and reads nothing', async ({ start, page: tab }) => {
    let stream = '';
    const { server, origin } = await serve(() => page(stream));
    const belfry = await start({ flags: flags('https://app.example') });
    stream = `${belfry.origin}/sse?topic=news`;
    await belfry.publish('news', 'one');
    await tab.goto(origin);
    const read = await tab.evaluate(
      (to) => Promise.all(['/topics/news', '/api/time', '/'].map((path) => fetch(to + path).then(() => 'read', () => 'blocked'))),
      belfry.origin,
    );
    expect(read).toEqual(['blocked', 'blocked', 'blocked']);
    await expect(tab.locator('li')).toHaveCount(0);
    await end(server);
  });
});

inFirefox('in Firefox a listed page follows, and resumes after a restart', async ({ browsing }) => {
  let stream = '';
  const { server, origin } = await serve(() => page(stream));
  const belfry = await Belfry.start({ flags: flags(origin) });
  try {
    stream = `${belfry.origin}/sse?topic=news`;
    const tab = await browsing.newPage();
    await tab.goto(origin);
    await expect.poll(() => belfry.streams(), { timeout: 10_000 }).toBe(1);
    await resumes(belfry, () => tab.$$eval('li', (items) => items.map((item) => item.textContent!)));
  } finally {
    await belfry.remove();
    await end(server);
  }
});
