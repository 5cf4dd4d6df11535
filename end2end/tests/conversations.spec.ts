//! Conversations over a bad network, while the server restarts and pages reload: nothing is lost, double, or
//! out of its sender's order. `make chaos` has 20 of 1,000 messages each.

import type { Browser, Page } from '@playwright/test';

import type { Belfry } from './belfry';
import { Proxy } from './proxy';
import { RoomPage } from './room-page';
import { expect, test } from './test';

const CONVERSATIONS = Number(process.env.BELFRY_TEST_CONVERSATIONS ?? 2);
const MESSAGES = Number(process.env.BELFRY_TEST_MESSAGES ?? 50);
const SEED = Number(process.env.BELFRY_TEST_SEED ?? 14);

/** Who talk with each other. */
const SENDERS = ['Ada', 'Bob'];
/** A sender goes by so many names: the server takes one message a second of each. */
const NAMES = 8;
/** One reload in so many messages. */
const RELOADS = 25;
/** After the trouble, what waits goes out at the pace that the server asks for. */
const SETTLED_WITHIN_MS = 120_000;

const BUSY = '<!doctype html><title>502</title><h1>Bad gateway</h1>';

/** Numbers from 0 to 1, the same for a seed: mulberry32. */
function chances(seed: number): () => number {
  return () => {
    seed = (seed + 0x6d2b79f5) | 0;
    let mixed = Math.imul(seed ^ (seed >>> 15), 1 | seed);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

/** One of two who talk, with a network of their own. */
class Sender {
  private constructor(
    readonly who: string,
    readonly page: Page,
    readonly proxy: Proxy,
  ) {}

  static async enter(belfry: Belfry, browser: Browser, who: string, address: string, chance: () => number) {
    const delay = () => (chance() < 0.1 ? chance() * 300 : 0);
    const proxy = await Proxy.to(() => belfry.port, { up: delay, down: delay }, address);
    // Of a network like this a browser complains all the time.
    const page = await (await browser.newContext()).newPage();
    const sender = new Sender(who, page, proxy);
    await sender.open();
    return sender;
  }

  /** Loads the room until it has come alive: the script says so by a change of the field. */
  async open(): Promise<void> {
    const alive = this.page.locator('#text[autocomplete=off]');
    for (let loaded = false; !loaded; ) {
      const gone = this.page.goto(`${this.proxy.origin}/chat/lobby`, { waitUntil: 'commit', timeout: 5_000 });
      loaded = await gone.then(() => alive.waitFor({ timeout: 5_000 })).then(() => true, () => false);
    }
  }

  async talk(count: number, chance: () => number): Promise<void> {
    const room = new RoomPage(this.page);
    for (let number = 1; number <= count; number += 1) {
      await room.name.fill(`${this.who} ${number % NAMES}`);
      await room.say(`${this.who} ${number}`);
      await expect(room.field).toHaveValue('');
      if (chance() < 1 / RELOADS) {
        await this.open();
      }
      await pause(chance() * 60);
    }
  }

  async isSettled(): Promise<void> {
    const waits = this.page.locator('.said .state').getByText(/^(waiting|sending)$/);
    await expect(waits).toHaveCount(0, { timeout: SETTLED_WITHIN_MS });
    const kept = () => this.page.evaluate(() => sessionStorage.getItem('/chat/lobby%2Foutbox'));
    await expect.poll(kept, { timeout: SETTLED_WITHIN_MS }).toBe('');
  }

  async leave(): Promise<void> {
    await this.page.context().close();
    await this.proxy.stop();
  }
}

/** Makes trouble on a network until it is told to stop, and leaves it whole. */
async function trouble(proxy: Proxy, chance: () => number, goesOn: () => boolean): Promise<void> {
  const kinds = [
    () => proxy.cut(),
    () => proxy.refuse(),
    () => proxy.answer('502 Bad Gateway', BUSY),
    () => proxy.answer('503 Service Unavailable', BUSY),
    () => proxy.answer('200 OK', BUSY),
    () => proxy.swallow(),
  ];
  while (goesOn()) {
    kinds[Math.floor(chance() * kinds.length)]();
    await pause(200 + chance() * 1_200);
    proxy.release();
    proxy.pass();
    await pause(500 + chance() * 2_500);
  }
}

async function restarts(belfry: Belfry, chance: () => number, goesOn: () => boolean): Promise<void> {
  while (goesOn()) {
    await pause(2_000 + chance() * 6_000);
    await (chance() < 0.5 ? belfry.kill() : belfry.stop());
    await pause(chance() * 1_500);
    await belfry.run();
  }
}

/** The texts that the log has, oldest first. */
async function said(belfry: Belfry): Promise<string[]> {
  const texts: string[] = [];
  for (let after: string | null = ''; after !== null; ) {
    const answer = await fetch(`${belfry.origin}/topics/chat/lobby?limit=1000&after=${after}`);
    const { events, next } = await answer.json();
    texts.push(...events.map(({ data }: { data: string }) => JSON.parse(data).text));
    after = next ?? null;
  }
  return texts;
}

for (let number = 0; number < CONVERSATIONS; number += 1) {
  test(`conversation ${number + 1} of ${MESSAGES} messages loses, doubles and misplaces nothing`, async ({
    start,
    browser,
  }) => {
    test.setTimeout(180_000 + MESSAGES * 1_000);
    const belfry = await start({ flags: ['--interval', '1s'] });
    const chance = chances(SEED * 1000 + number);
    const senders = await Promise.all(
      SENDERS.map((who, index) => Sender.enter(belfry, browser, who, `127.1.${number + 1}.${index + 1}`, chance)),
    );
    const each = MESSAGES / SENDERS.length;
    let talking = true;
    const goesOn = () => talking;
    const bad = [
      ...senders.map(({ proxy }) => trouble(proxy, chance, goesOn)),
      restarts(belfry, chance, goesOn),
    ];
    await Promise.all(senders.map((sender) => sender.talk(each, chance)));
    talking = false;
    await Promise.all(bad);
    // A page that was caught in the trouble is whole again.
    for (const sender of senders) {
      await sender.isSettled();
    }
    const log = await said(belfry);
    const expected = Array.from({ length: each }, (_, index) => index + 1);
    for (const { who } of senders) {
      const numbers = log.filter((text) => text.startsWith(who)).map((text) => Number(text.split(' ')[1]));
      expect(numbers, who).toEqual(expected);
    }
    expect(log).toHaveLength(MESSAGES);
    for (const { page } of senders) {
      const shown = await page.locator('.said .text').allInnerTexts();
      expect(shown.length).toBeGreaterThan(0);
      expect(shown).toEqual(log.slice(-shown.length));
    }
    await Promise.all(senders.map((sender) => sender.leave()));
  });
}
