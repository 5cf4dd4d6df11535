//! Something between browser and server that makes visitors sign in, and answers with a page of its own.

import { createServer, request, type Server } from 'node:http';
import { once } from 'node:events';

import type { Belfry } from './belfry';
import { ConsolePage } from './console-page';
import { expect, FAILED_REQUESTS, test as base } from './test';

/** Has its visitors sign in before it passes on what they ask. */
class Gate {
  /** How it answers those who are not signed in; `undefined` where all are. */
  way?: 'page' | 'redirect' | 'elsewhere';
  streamsRefused = 0;

  private constructor(readonly server: Server) {}

  get origin(): string {
    return `http://127.0.0.1:${(this.server.address() as { port: number }).port}`;
  }

  static async before(belfry: Belfry): Promise<Gate> {
    const server = createServer((asked, answer) => {
      const there = { host: '127.0.0.1', port: belfry.port, path: asked.url, method: asked.method, headers: asked.headers };
      if (gate.way && !asked.url!.startsWith('/sign-in')) {
        gate.streamsRefused += asked.url!.startsWith('/sse') ? 1 : 0;
        const to = gate.way === 'elsewhere' ? 'http://localhost:9/sign-in' : '/sign-in';
        const page = gate.way === 'page';
        answer.writeHead(page ? 200 : 302, page ? { 'content-type': 'text/html' } : { location: to });
        return answer.end('<!DOCTYPE html><title>Sign in</title>');
      }
      const passed = request(there, (answered) => {
        answer.writeHead(answered.statusCode!, answered.headers);
        answered.pipe(answer);
      });
      // Ended with one of the two, both end.
      passed.on('error', () => answer.destroy());
      answer.on('close', () => passed.destroy());
      asked.pipe(passed);
    });
    const gate = new Gate(server);
    await once(server.listen(0, '127.0.0.1'), 'listening');
    return gate;
  }

  /** Ends every session. */
  bar(way: Gate['way']): void {
    this.way = way;
    this.server.closeAllConnections();
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    await once(this.server.close(), 'close');
  }
}

const test = base.extend<{ gate: Gate }>({
  gate: async ({ belfry }, use) => {
    const gate = await Gate.before(belfry);
    await use(gate);
    await gate.stop();
  },
});
test.use({ expected: new RegExp(`${FAILED_REQUESTS.source}|MIME type|CORS|redirect|connect-src`) });

for (const way of ['page', 'redirect', 'elsewhere'] as const) {
  test(`a proxy that asks to sign in again is told of, not waited for in silence: by ${way}`, async ({ belfry, gate, page }) => {
    const console = new ConsolePage(page);
    await belfry.publish('numbers', 'before');
    await console.open(gate.origin, 'numbers');
    gate.bar(way);
    const notice = page.getByRole('alert');
    await expect(notice).toContainText('Another page is answering', { timeout: 15_000 });
    await expect(notice).toContainText('Reload to see it');
    await expect.poll(() => gate.streamsRefused, { timeout: 15_000 }).toBeGreaterThan(0);
    // Signed in again, in another tab: it goes on by itself.
    gate.bar(undefined);
    await belfry.publish('numbers', 'after');
    await console.shows(['before', 'after']);
    await expect(console.banner).toBeHidden();
    await expect(notice).toHaveCount(0);
  });
}

test('a server that is away for a while is not taken for a page that asks to sign in', async ({ belfry, page, through }) => {
  const proxy = await through(belfry);
  const console = new ConsolePage(page);
  await belfry.publish('numbers', 'before');
  await console.open(proxy.origin, 'numbers');
  for (const status of ['502 Bad Gateway', '404 Not Found']) {
    proxy.streamsAnswered = 0;
    proxy.answer(status);
    await expect.poll(() => proxy.streamsAnswered, { timeout: 20_000 }).toBeGreaterThan(1);
    await expect(console.banner).toContainText('This page may be out of date');
    await expect(page.getByRole('alert')).toHaveCount(0);
  }
});
