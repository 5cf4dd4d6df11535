//! One connection per browser, however many tabs are open, and whatever happens to the one that has it.

import type { BrowserContext, Page } from '@playwright/test';

import type { Belfry } from './belfry';
import { ConsolePage } from './console-page';
import { expect, test } from './test';
import { TimePage } from './time-page';

/** How many streams were open at once, at most, as the server has counted. */
function mostStreams(belfry: Belfry): number {
  const counts = belfry.log.map((line) => /client connected .* readers=(\d+)$/.exec(line)?.[1]);
  return Math.max(0, ...counts.map((count) => Number(count ?? 0)));
}

/** Publishes numbered events one after the other until it is stopped, and says which. */
class Publisher {
  readonly published: string[] = [];
  private running = true;
  private readonly done: Promise<void>;

  constructor(belfry: Belfry, topic: string) {
    this.done = (async () => {
      while (this.running) {
        const data = `event ${this.published.length + 1}`;
        await belfry.publish(topic, data);
        this.published.push(data);
        await new Promise((resolve) => setTimeout(resolve, 40));
      }
    })();
  }

  /** Goes on for so many events. */
  async more(events: number): Promise<void> {
    const target = this.published.length + events;
    await expect.poll(() => this.published.length, { timeout: 20_000 }).toBeGreaterThanOrEqual(target);
  }

  async stop(): Promise<string[]> {
    this.running = false;
    await this.done;
    return this.published;
  }
}

async function tabs<T>(context: BrowserContext, count: number, kind: new (page: Page) => T): Promise<T[]> {
  const pages: T[] = [];
  for (let index = 0; index < count; index += 1) {
    pages.push(new kind(await context.newPage()));
  }
  return pages;
}

test('ten tabs over plain HTTP/1.1 all load and all move, with one stream', async ({ belfry, context }) => {
  test.setTimeout(120_000);
  const origin = belfry.origin.replace('127.0.0.1', 'localhost');
  const all = await tabs(context, 10, TimePage);
  for (const tab of all) {
    await tab.page.goto(`${origin}/`);
    await expect(tab.status).toHaveText('Live', { timeout: 20_000 });
  }
  for (const tab of all) {
    await tab.page.bringToFront();
    const pushes = () => tab.pushes.first().innerText();
    const last = await pushes();
    await expect.poll(pushes).not.toBe(last);
    await expect(tab.card('Watching now')).toContainText('10 tabs, 1 connection');
    await expect(tab.card('Watching now').locator('.readers')).toHaveText('1');
  }
  expect(mostStreams(belfry)).toBe(1);
});

for (const [what, harm] of Object.entries({
  closed: (leader: Page) => leader.close(),
  crashed: async (leader: Page) => {
    const session = await leader.context().newCDPSession(leader);
    // Nobody answers: the page is gone.
    session.send('Page.crash').catch(() => {});
    await leader.waitForEvent('crash');
  },
  frozen: async (leader: Page) => {
    const session = await leader.context().newCDPSession(leader);
    await session.send('Page.setWebLifecycleState', { state: 'frozen' });
  },
  stuck: async (leader: Page) => {
    leader.evaluate(() => {
      const end = performance.now() + 20_000;
      while (performance.now() < end);
    }).catch(() => {});
  },
})) {
  test(`the leader is ${what} while events are published: each is shown once, in order`, async ({
    belfry,
    context,
  }) => {
    const publisher = new Publisher(belfry, 'numbers');
    await publisher.more(1);
    const [leader, ...others] = await tabs(context, 4, ConsolePage);
    await leader.open(belfry.origin, 'numbers');
    for (const tab of others) {
      await tab.open(belfry.origin, 'numbers');
    }
    await publisher.more(10);
    const before = belfry.log.length;
    await harm(leader.page);
    const [front] = others;
    await front.page.bringToFront();
    // Another tab has taken over, and goes on.
    await expect
      .poll(() => belfry.log.slice(before).some((line) => line.includes('client connected')), { timeout: 20_000 })
      .toBe(true);
    await publisher.more(10);
    const published = await publisher.stop();
    expect(published.length, 'all fit into the page').toBeLessThan(200);
    for (const tab of others) {
      await tab.shows(published);
    }
  });
}

test('other topics are followed without a gap, and by two streams for a moment at most', async ({
  belfry,
  context,
}) => {
  const publisher = new Publisher(belfry, 'numbers');
  await publisher.more(1);
  const first = new ConsolePage(await context.newPage());
  await first.open(belfry.origin, 'numbers');
  await belfry.publish('other', 'one');
  const second = new ConsolePage(await context.newPage());
  await second.open(belfry.origin, 'other');
  await belfry.publish('other', 'two');
  await second.shows(['one', 'two']);
  await publisher.more(5);
  await first.shows(await publisher.stop());
  expect(mostStreams(belfry)).toBeLessThanOrEqual(2);
  await expect.poll(() => openFor(belfry), { timeout: 2_000 }).toBe(1);
});

/** How many streams are open now. */
function openFor(belfry: Belfry): number {
  const counts = belfry.log.map((line) => /client (?:dis)?connected .* readers=(\d+)$/.exec(line)?.[1]);
  return Number(counts.filter(Boolean).at(-1) ?? 0);
}

test('where tabs cannot share, each has a stream while it is seen', async ({ start, context }) => {
  // Not a secure context: plain HTTP at an address that is not this machine's own name for itself.
  const belfry = await start({ flags: ['--interval', '1s', '--listen', '0.0.0.0:0'] });
  const origin = `http://${await ownAddress()}:${belfry.port}`;
  const tab = new TimePage(await context.newPage());
  await tab.page.goto(`${origin}/`);
  await expect(tab.status).toHaveText('Live', { timeout: 20_000 });
  await expect.poll(() => openFor(belfry)).toBe(1);
  await hide(tab.page, true);
  await expect.poll(() => openFor(belfry)).toBe(0);
  await hide(tab.page, false);
  await expect.poll(() => openFor(belfry)).toBe(1);
  await expect(tab.status).toHaveText('Live');
});

/** An address of this machine that is no loopback address. */
async function ownAddress(): Promise<string> {
  const { networkInterfaces } = await import('node:os');
  const all = Object.values(networkInterfaces()).flat();
  const own = all.find((address) => address && address.family === 'IPv4' && !address.internal);
  expect(own, 'this machine has a network').toBeDefined();
  return own!.address;
}

/** Headless Chromium keeps every tab visible: the page is told otherwise. */
async function hide(page: Page, hidden: boolean): Promise<void> {
  await page.evaluate((hidden) => {
    Object.defineProperty(document, 'visibilityState', {
      configurable: true,
      get: () => (hidden ? 'hidden' : 'visible'),
    });
    document.dispatchEvent(new Event('visibilitychange'));
  }, hidden);
}
