//! A room with 10,000 messages: what it costs a browser, reported and not judged: it depends on the
//! machine.

import { fill, RoomPage } from './room-page';
import { expect, test } from './test';

const MANY = 10_000;
const MOST_ROWS = 300;

test('a room with 10,000 messages is measured', async ({ belfry, page }, { annotations }) => {
  test.setTimeout(300_000);
  await fill(belfry, 'lobby', MANY);
  const session = await page.context().newCDPSession(page);
  await session.send('Performance.enable');
  const room = new RoomPage(page);
  const before = Date.now();
  await room.open(belfry.origin);
  const open = await page.evaluate(() => {
    const [load] = performance.getEntriesByType('navigation') as PerformanceNavigationTiming[];
    const paint = performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? 0;
    return { loaded: load.domContentLoadedEventEnd, paint };
  });
  const live = Date.now() - before;
  // Typing, while others say 100 things.
  await room.field.focus();
  await page.evaluate(watchTyping);
  const hundred = fill(belfry, 'lobby', 100, MANY + 1);
  await room.field.pressSequentially('while others talk, one types on', { delay: 15 });
  await hundred;
  await expect(room.row(`message ${MANY + 100}`)).toHaveCount(1);
  const typing = await page.evaluate(() => (window as unknown as { typed: Typed }).typed);
  const started = Date.now();
  const back = await page.evaluate(scrollThroughSome, 1_000);
  const scrolled = Date.now() - started;
  expect(back).toBeLessThanOrEqual(MOST_ROWS);
  await session.send('HeapProfiler.enable');
  await session.send('HeapProfiler.collectGarbage');
  const { metrics } = await session.send('Performance.getMetrics');
  const metric = (name: string) => metrics.find((one) => one.name === name)?.value ?? 0;
  const told = {
    'first paint, ms': Math.round(open.paint),
    'live, ms': live,
    'from a key to the next frame while 100 messages come, median and longest, ms':
      `${median(typing.frames)}, ${Math.round(Math.max(...typing.frames))}`,
    'longest task meanwhile, ms': Math.round(Math.max(0, ...typing.tasks)),
    'scrolling back 1,000 messages, ms': scrolled,
    'rows at most': back,
    'DOM nodes': metric('Nodes'),
    'JS heap, KB': Math.round(metric('JSHeapUsedSize') / 1024),
  };
  for (const [what, value] of Object.entries(told)) {
    annotations.push({ type: what, description: String(value) });
    console.log(`room of 10,000: ${what}: ${value}`);
  }
});

type Typed = { frames: number[]; tasks: number[] };

/** Runs in the page: how long after a key the next frame is there, and how long tasks are. */
function watchTyping(): void {
  const typed: Typed = { frames: [], tasks: [] };
  Object.assign(window, { typed });
  document.querySelector('#text')!.addEventListener('keydown', (key) => {
    requestAnimationFrame(() => setTimeout(() => typed.frames.push(performance.now() - key.timeStamp)));
  });
  new PerformanceObserver((list) => {
    typed.tasks.push(...list.getEntries().map((task) => task.duration));
  }).observe({ entryTypes: ['longtask'] });
}

/** Runs in the page: scrolls back over `count` messages, and says how many rows there were at most. */
async function scrollThroughSome(count: number): Promise<number> {
  const scroller = document.querySelector<HTMLElement>('#messages')!;
  const first = () => Number(/\d+/.exec(document.querySelector('.said .text')!.textContent!)![0]);
  const end = performance.now() + 120_000;
  const goal = first() - count;
  let rows = 0;
  while (first() > goal && performance.now() < end) {
    scroller.scrollTop -= 500;
    await new Promise(requestAnimationFrame);
    rows = Math.max(rows, document.querySelectorAll('.said').length);
  }
  if (first() > goal) {
    throw new Error(`message ${first()} was reached in 120 s, and not ${goal}`);
  }
  return rows;
}

function median(values: number[]): number {
  return Math.round(values.toSorted((one, other) => one - other)[Math.floor(values.length / 2)]);
}
