//! The fixtures of every test: servers and proxies of its own, which end with it, and browsers in which
//! nothing may go wrong unnoticed.

import { test as base, type BrowserContext, type BrowserContextOptions } from '@playwright/test';

import { Belfry, type Options } from './belfry';
import { type Delay, Proxy } from './proxy';
import { TimePage } from './time-page';

export { expect } from '@playwright/test';

/** What Chromium says of a request that failed. */
export const FAILED_REQUESTS = /net::ERR_|^Failed to load resource/;

/** The same, and what it says where scripts do not run: the page cannot know that in advance. */
export const FAILED_REQUESTS_OR_NO_SCRIPT = new RegExp(`${FAILED_REQUESTS.source}|\\.wasm was preloaded using link preload`);

type World = {
  /** What the browser may complain of, because the test makes it happen. */
  expected: RegExp | undefined;
  /** The base path of every server; `/belfry` in a project of its own. */
  base: string;
  /** Starts a server. */
  start: (options?: Options) => Promise<Belfry>;
  /** Starts a proxy before a server. */
  through: (belfry: Belfry, delays?: { up?: Delay; down?: Delay }) => Promise<Proxy>;
  /** A server that pushes every second. */
  belfry: Belfry;
  /** The page of a visitor, not opened yet. */
  visitor: TimePage;
  /** Another visitor, in a browser profile of their own. */
  another: (options?: BrowserContextOptions) => Promise<TimePage>;
  /** Notes what the browser complains of, and fails the test for it. */
  watch: (context: BrowserContext) => Promise<void>;
};

export const test = base.extend<World>({
  expected: [undefined, { option: true }],

  base: ['', { option: true }],

  start: async ({ base }, use) => {
    const started: Belfry[] = [];
    await use(async (options) => {
      const flags = [...(base ? ['--base-path', base] : []), ...(options?.flags ?? [])];
      const belfry = await Belfry.start({ ...options, flags });
      started.push(belfry);
      return belfry;
    });
    await Promise.all(started.map((belfry) => belfry.remove()));
  },

  through: async ({ base }, use) => {
    const proxies: Proxy[] = [];
    await use(async (belfry, delays) => {
      const proxy = await Proxy.to(() => belfry.port, delays, undefined, base);
      proxies.push(proxy);
      return proxy;
    });
    await Promise.all(proxies.map((proxy) => proxy.stop()));
  },

  belfry: async ({ start }, use) => {
    await use(await start({ flags: ['--interval', '1s'] }));
  },

  watch: [
    // With `start` and `through` at hand before it, it looks back before they end the servers.
    async ({ context, expected, start: _start, through: _through }, use) => {
      const complaints: string[] = [];
      const watch = async (context: BrowserContext) => {
        await context.addInitScript(reportViolations);
        context.on('console', (message) => {
          const complains = ['error', 'warning', 'assert'].includes(message.type());
          if (complains && !expected?.test(message.text())) {
            complaints.push(`console ${message.type()}: ${message.text()}`);
          }
        });
        context.on('weberror', (error) => complaints.push(`uncaught: ${error.error().stack || error.error()}`));
      };
      await watch(context);
      await use(watch);
      base.expect(complaints, 'the browser complains of nothing').toEqual([]);
    },
    { auto: true },
  ],

  visitor: async ({ page }, use) => {
    await use(new TimePage(page));
  },

  another: async ({ browser, watch }, use) => {
    const contexts: BrowserContext[] = [];
    await use(async (options) => {
      const context = await browser.newContext(options);
      contexts.push(context);
      await watch(context);
      return new TimePage(await context.newPage());
    });
    await Promise.all(contexts.map((context) => context.close()));
  },
});

/** Runs in the page, before its own scripts. */
function reportViolations() {
  document.addEventListener('securitypolicyviolation', (violation) => {
    console.error(`policy violated: ${violation.violatedDirective} by ${violation.blockedURI}`);
  });
}
