//! The clock tells the truth, with a server whose clock is off behind an uneven network.

import { faketime, NO_FAKETIME, off } from './faketime';
import { backwards, type Sample, samples } from './samples';
import { expect, test } from './test';

/** How far the server's clock is ahead of the machine's. */
const OFF_S = 90;

/** Each page measures the clock for itself: two pages are two independent estimates. */
const PAGES = 2;
const SAMPLES_EACH = 500;

/**
 * A way of at least this many milliseconds, and up to 200 more. The way up is the longer one: an estimate
 * can be late within its error by all but the way up, and a busy machine draws it later still.
 */
const uneven = (atLeast: number) => () => atLeast + 200 * Math.random();

test.skip(!faketime && !process.env.CI, NO_FAKETIME);

test('the shown instant is the server’s time within the stated error', async ({
  start,
  through,
  another,
}) => {
  const belfry = await start({ flags: ['--interval', '1s'], env: off(OFF_S) });
  const proxy = await through(belfry, { up: uneven(60), down: uneven(20) });
  const taken = await Promise.all(
    Array.from({ length: PAGES }, async () => {
      const visitor = await another();
      await visitor.open(proxy.origin);
      const taken = await samples(visitor, SAMPLES_EACH);
      expect(backwards(taken), 'where the shown instant ran backwards').toEqual([]);
      return taken;
    }),
  );
  const all = taken.flat();
  const outside = all.filter((sample) => !isWithin(sample));
  const errors = all.map(({ stated }) => stated ?? Infinity).sort((one, other) => one - other);
  console.log(
    `${all.length - outside.length} of ${all.length} within the stated error, ` +
      `± ${errors[0]} to ${errors.at(-1)} ms (median ${errors[errors.length >> 1]} ms)`,
  );
  for (const sample of outside) {
    console.log(`outside: ${JSON.stringify(sample)}`);
  }
  expect(all.length).toBe(PAGES * SAMPLES_EACH);
  expect(outside.length).toBeLessThanOrEqual(all.length / 1_000);
});

test('the visitor’s clock is said to be as far behind as it is', async ({ start, visitor }) => {
  const belfry = await start({ flags: ['--interval', '1s'], env: off(OFF_S) });
  await visitor.open(belfry.origin);
  await expect(visitor.truth).toHaveText(/· your clock is 1 min 30 s behind this server, ± \d+ ms( · this server’s clock is not synchronised)?$/);
  await expect(visitor.card('Your clock vs the server')).toContainText(/1 min 30 s behind/);
});

test('a server on time is said to agree', async ({ belfry, visitor }) => {
  await visitor.open(belfry.origin);
  await expect(visitor.truth).toHaveText(/· your clock agrees with this server, ± \d+ ms( · this server’s clock is not synchronised)?$/);
});

test('a visitor’s clock that is ahead is said to be', async ({ start, visitor }) => {
  const belfry = await start({ flags: ['--interval', '1s'], env: off(-5) });
  await visitor.open(belfry.origin);
  await expect(visitor.truth).toHaveText(/· your clock is 5\.0 s ahead of this server, ± \d+ ms( · this server’s clock is not synchronised)?$/);
});

test('unconfirmed for two intervals, the shown instant stops and the page says so', async ({
  start,
  through,
  visitor,
}) => {
  const belfry = await start({ flags: ['--interval', '1s'], env: off(OFF_S) });
  const proxy = await through(belfry, { up: () => 20, down: () => 60 });
  await visitor.open(proxy.origin);
  const cut = Date.now();
  proxy.swallow();
  await expect(visitor.truth).toContainText('Stopped at', { timeout: 3_000 });
  const stoppedAt = (await visitor.instant()) - OFF_S * 1_000;
  // What was last heard left before the cut, and may have been heard as it was cut.
  expect(stoppedAt - cut).toBeLessThanOrEqual(2_000 + 100);
  expect(stoppedAt - cut).toBeGreaterThan(500);
  const digits = (await visitor.timer.innerText()).match(/\d+:\d\d:\d\d/)![0];
  await expect(visitor.truth).toContainText(`Stopped at ${digits}, unconfirmed for `);
});

function isWithin({ shown, machine, stated }: Sample): boolean {
  return stated !== null && Math.abs(shown - (machine + OFF_S * 1_000)) <= stated;
}
