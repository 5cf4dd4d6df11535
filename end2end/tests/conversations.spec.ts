//! Conversations over a bad network, while the server restarts and pages reload: nothing is lost,
//! duplicated, or out of its sender's order. `make chaos` has 20 of 1,000 messages each.

import type { Browser, Locator, Page } from '@playwright/test';

import type { Belfry } from './belfry';
import { Proxy } from './proxy';
import { expect, test } from './test';

const CONVERSATIONS = Number(process.env.BELFRY_TEST_CONVERSATIONS ?? 2);
const MESSAGES = Number(process.env.BELFRY_TEST_MESSAGES ?? 50);
/** Of a long run that is split into parts, where this one begins: each conversation has a seed of its own. */
const FIRST = Number(process.env.BELFRY_TEST_FIRST_CONVERSATION ?? 1);

/** Who talk with each other. */
const SENDERS = ['Ada', 'Bob'];
/** A sender goes by this many names: the server takes one message a second of each. */
const NAMES = 10;
/** How many messages are written at once. */
const LINES = 5;
/** One reload in this many messages. */
const RELOADS = 25;
/** How many may wait while more are written. */
const WAITING = 25;
/** A page that does not come alive within this time is loaded again. */
const ALIVE_WITHIN_MS = 10_000;
/** After the trouble, and now and then within it, what waits gets through. */
const SETTLED_WITHIN_MS = 60_000;

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

/** How long good and bad times last. */
const lasts = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

/** What came of a conversation, for the report. */
type Count = { reloads: number; troubles: number; restarts: number };

/** One of two who talk, with a network of their own. */
class Sender {
  /** What a script that has failed for good has said. */
  readonly panics: string[] = [];
  private readonly waits: Locator;

  private constructor(
    readonly who: string,
    readonly page: Page,
    readonly proxy: Proxy,
    private readonly chance: () => number,
    private readonly count: Count,
  ) {
    this.waits = page.locator('.said .state').getByText(/^(Waiting to send|Sending)$/);
    // Of a network like this a browser complains all the time.
    page.on('console', (message) => message.text().includes('panicked') && this.panics.push(message.text()));
  }

  static async enter(browser: Browser, belfry: Belfry, who: string, address: string, seed: number, count: Count) {
    const chance = chances(seed);
    const delay = () => (chance() < 0.1 ? chance() * 300 : 0);
    const proxy = await Proxy.to(() => belfry.port, { up: delay, down: delay }, address);
    const page = await (await browser.newContext()).newPage();
    const sender = new Sender(who, page, proxy, chance, count);
    await sender.open();
    return sender;
  }

  /** Loads the room until it has come alive: the script says so by a change of the field. */
  async open(): Promise<void> {
    const alive = this.page.locator('#text[autocomplete=off]');
    for (let loaded = false; !loaded; ) {
      const gone = this.page.goto(`${this.proxy.origin}/chat/lobby`, { waitUntil: 'commit', timeout: ALIVE_WITHIN_MS });
      loaded = await gone.then(() => alive.waitFor({ timeout: ALIVE_WITHIN_MS })).then(() => true, () => false);
    }
  }

  async talk(many: number): Promise<void> {
    for (let number = 1; number <= many; number += LINES) {
      const lines = Array.from({ length: Math.min(LINES, many - number + 1) }, (_, index) => number + index);
      await this.page.evaluate(write, lines.map((line) => [`${this.who} ${line % NAMES}`, `${this.who} ${line}`] as const));
      if (this.chance() < LINES / RELOADS) {
        this.count.reloads += 1;
        await this.open();
      }
      const waits = expect.poll(() => this.waits.count(), { intervals: [200], timeout: SETTLED_WITHIN_MS });
      await waits.toBeLessThan(WAITING);
    }
  }

  async isSettled(): Promise<void> {
    await expect(this.waits).toHaveCount(0, { timeout: SETTLED_WITHIN_MS });
    const kept = () => this.page.evaluate(() => sessionStorage.getItem('/chat/lobby%2Foutbox'));
    await expect.poll(kept, { timeout: SETTLED_WITHIN_MS }).toBe('');
    expect(this.panics).toEqual([]);
  }

  async leave(): Promise<void> {
    await this.page.context().close();
    await this.proxy.stop();
  }
}

/** Runs in the page: writes messages as a person does, only faster. Each is a name and a text. */
function write(lines: (readonly [string, string])[]): void {
  const put = (id: string, value: string, ...events: string[]) => {
    const field = document.querySelector<HTMLInputElement>(id)!;
    field.value = value;
    events.forEach((event) => field.dispatchEvent(new Event(event, { bubbles: true })));
    return field;
  };
  for (const [name, text] of lines) {
    put('#name', name, 'input', 'change');
    const field = put('#text', text, 'input');
    field.dispatchEvent(new KeyboardEvent('keydown', { key: 'Enter', bubbles: true, cancelable: true }));
    if (field.value !== '') {
      throw new Error(`not sent: ${field.value}`);
    }
  }
}

/** Makes trouble on a network until it is told to stop, and leaves it whole. */
async function trouble(proxy: Proxy, chance: () => number, goesOn: () => boolean, count: Count): Promise<void> {
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
    count.troubles += 1;
    await lasts(200 + chance() * 1_200);
    proxy.release();
    // Once in a while what was held up arrives late, and nothing is cut.
    if (chance() < 0.8) {
      proxy.pass();
    }
    await lasts(500 + chance() * 2_500);
  }
  proxy.pass();
}

async function restarts(belfry: Belfry, chance: () => number, goesOn: () => boolean, count: Count): Promise<void> {
  while (goesOn()) {
    await lasts(2_000 + chance() * 6_000);
    await (chance() < 0.5 ? belfry.kill() : belfry.stop());
    await lasts(chance() * 1_500);
    await belfry.run();
    count.restarts += 1;
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

/** The two talk while the network and the server are in trouble; afterwards all of it is over. */
async function converse(belfry: Belfry, senders: Sender[], seed: number, count: Count): Promise<void> {
  let talking = true;
  const goesOn = () => talking;
  const bad = [
    ...senders.map(({ proxy }, index) => trouble(proxy, chances(seed + 10 + index), goesOn, count)),
    restarts(belfry, chances(seed + 20), goesOn, count),
  ];
  try {
    await Promise.all(senders.map((sender) => sender.talk(MESSAGES / SENDERS.length)));
  } finally {
    talking = false;
    await Promise.all(bad);
  }
}

for (let number = FIRST; number < FIRST + CONVERSATIONS; number += 1) {
  test(`conversation ${number} of ${MESSAGES} messages loses, doubles and misplaces nothing`, async ({
    start,
    browser,
  }) => {
    test.setTimeout(120_000 + MESSAGES * 1_000);
    const belfry = await start({ flags: ['--interval', '1s'] });
    const [seed, count] = [number * 1_000, { reloads: 0, troubles: 0, restarts: 0 }];
    const senders = await Promise.all(
      SENDERS.map((who, index) => Sender.enter(browser, belfry, who, `127.1.${number}.${index + 1}`, seed + index, count)),
    );
    try {
      await converse(belfry, senders, seed, count);
      for (const sender of senders) {
        await sender.isSettled();
      }
      const log = await said(belfry);
      const expected = Array.from({ length: MESSAGES / SENDERS.length }, (_, index) => index + 1);
      for (const { who } of senders) {
        const numbers = log.filter((text) => text.startsWith(who)).map((text) => Number(text.split(' ')[1]));
        expect(numbers, who).toEqual(expected);
      }
      expect(log).toHaveLength(MESSAGES);
      for (const { page } of senders) {
        const texts = page.locator('.said .text');
        // What the other has said may still be on its way: this page may be waiting to connect again.
        await expect(async () => {
          const shown = await texts.allInnerTexts();
          expect(shown).toEqual(log.slice(-shown.length));
          expect(shown.at(-1)).toBe(log.at(-1));
        }).toPass({ timeout: SETTLED_WITHIN_MS });
      }
      test.info().annotations.push({ type: 'trouble', description: JSON.stringify(count) });
    } finally {
      await Promise.all(senders.map((sender) => sender.leave()));
    }
  });
}
