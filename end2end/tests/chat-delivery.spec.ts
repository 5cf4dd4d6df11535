//! Whatever happens to the connection, each message is shown once, in order.

import type { Belfry } from './belfry';
import { WORDS } from './chat-words';
import type { Proxy } from './proxy';
import { RoomPage } from './room-page';
import { expect, FAILED_REQUESTS, test } from './test';

const RECONNECTS = 20;
const MESSAGES = 1_000;

/** Consecutive numbers, from the first to the last. */
type Run = [number, number];

/** What a page has shown, change by change: one run, unless something is missing, double or misplaced. */
type Shown = Run[][];

/** Runs in the page, before its own scripts: notes what is shown after each change. */
function collect(gap: string) {
  const shown: Shown = [];
  Object.assign(window, { shown });
  const look = () => {
    const items = [...document.querySelectorAll('main ol > li')];
    const runs: Run[] = [];
    for (const item of items) {
      const text = item.querySelector('.text')?.textContent ?? (item.textContent === gap ? gap : undefined);
      if (text === undefined) {
        continue;
      }
      const number = Number(text);
      const last = runs.at(-1);
      if (last && number === last[1] + 1) {
        last[1] = number;
      } else {
        runs.push([number, number]);
      }
    }
    if (JSON.stringify(runs) !== JSON.stringify(shown.at(-1))) {
      shown.push(runs);
    }
  };
  new MutationObserver(look).observe(document, { childList: true, subtree: true, characterData: true });
}

/** What is wrong with what was shown; nothing where it began with 1, and went on to the last. */
function faults(shown: Shown, last: number): string[] {
  const faults: string[] = [];
  let until = 0;
  for (const runs of shown.filter((runs) => runs.length > 0)) {
    const [[from, to]] = runs;
    if (runs.length > 1) {
      faults.push(`not consecutive: ${JSON.stringify(runs)}`);
    } else if (from > until + 1 || to < until) {
      faults.push(`after ${until} came ${from} to ${to}`);
    }
    until = Math.max(until, runs.at(-1)![1]);
  }
  return until === last ? faults : [...faults, `ends with ${until}`];
}

test.describe('what looks for faults', () => {
  const good: Shown = [[], [[1, 1]], [[1, 3]], [[2, 5]], [[6, 7]]];

  test('finds none in what is right', () => {
    expect(faults(good, 7)).toEqual([]);
  });

  for (const [what, bad] of Object.entries<Shown>({
    'a gap': [[[1, 3], [5, 5]]],
    'what was never shown': [[[1, 3]], [[5, 5]]],
    'a duplicate': [[[1, 3], [3, 5]]],
    'a wrong order': [[[1, 3], [5, 5], [4, 4]]],
    'what is gone again': [[[1, 5]], [[1, 4]], [[1, 5]]],
    'a missing beginning': [[[2, 5]]],
    'a missing end': [[[1, 4]]],
    'a notice': [[[1, 4], [NaN, NaN], [5, 5]]],
  })) {
    test(`finds ${what}`, () => {
      expect(faults(bad, 5)).not.toEqual([]);
    });
  }
});

const connections = (belfry: Belfry) => belfry.log.filter((line) => line.includes('client connected')).length;

/** Publishes the numbers one after the other, every other one as a program that knows no names does. */
async function publish(belfry: Belfry, from: number, to: number): Promise<void> {
  for (let number = from; number <= to; number += 1) {
    const text = String(number);
    await belfry.publish('chat/lobby', number % 2 ? text : JSON.stringify({ name: `Ada ${number % 3}`, text }));
  }
}

/** Publishes without a pause while the connection is cut again and again. */
async function publishInTrouble(belfry: Belfry, proxy: Proxy): Promise<void> {
  const each = MESSAGES / RECONNECTS;
  for (let round = 0; round < RECONNECTS; round += 1) {
    const [before, first] = [connections(belfry), round * each + 1];
    await publish(belfry, first, first + each / 2);
    proxy.cut();
    await publish(belfry, first + each / 2 + 1, (round + 1) * each);
    await expect.poll(() => connections(belfry), { timeout: 20_000, intervals: [20] }).toBeGreaterThan(before);
  }
}

test.describe('with connections that are cut', () => {
  test.use({ expected: FAILED_REQUESTS });

  test(`${MESSAGES} messages during ${RECONNECTS} reconnects are shown once each, in order, in three tabs`, async ({
    belfry,
    context,
    through,
  }) => {
    test.setTimeout(180_000);
    const proxy = await through(belfry);
    await context.addInitScript(collect, WORDS.en.gap);
    const tabs = [];
    for (let count = 0; count < 3; count += 1) {
      const tab = new RoomPage(await context.newPage());
      await tab.open(proxy.origin);
      tabs.push(tab);
    }
    await publishInTrouble(belfry, proxy);
    for (const tab of tabs) {
      await expect(tab.texts.last()).toHaveText(String(MESSAGES), { timeout: 20_000 });
      const shown = await tab.page.evaluate(() => (window as unknown as { shown: Shown }).shown);
      expect(faults(shown, MESSAGES)).toEqual([]);
      expect(await tab.said.count(), 'a page holds a bounded number').toBeLessThanOrEqual(300);
    }
    expect(connections(belfry)).toBeGreaterThan(RECONNECTS);
  });
});
