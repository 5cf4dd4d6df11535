//! One connection per browser, however many tabs are open, and whatever happens to the one that holds it.

import type { BrowserContext, Page } from '@playwright/test';

import { ConsolePage } from './console-page';
import { Publisher } from './publisher';
import { expect, test } from './test';
import { TimePage } from './time-page';

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
    await expect(tab.card('Watching now')).toContainText('10 tabs, 1 stream');
    await expect(tab.card('Watching now').locator('.readers')).toHaveText('1');
  }
  expect(belfry.mostStreams()).toBe(1);
});

for (const [what, harm] of Object.entries({
  closed: (leader: Page) => leader.close(),
  crashed: async (leader: Page) => {
    const session = await leader.context().newCDPSession(leader);
    // Nobody answers: the page is gone.
    session.send('Page.crash').catch(() => {});
    await leader.waitForEvent('crash');
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
    for (const tab of others) {
      await tab.showsTheEndOf(published, 20);
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
  await first.showsTheEndOf(await publisher.stop(), 5);
  expect(belfry.mostStreams()).toBeLessThanOrEqual(2);
  await expect.poll(() => belfry.streams(), { timeout: 2_000 }).toBe(1);
});
