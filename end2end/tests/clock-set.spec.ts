//! Somebody sets the server's clock while the page is open.

import { faketime, NO_FAKETIME, SettableClock } from './faketime';
import { backwards, record, type Sample } from './samples';
import { expect, test as base } from './test';

/** How much faster or slower than the time the shown instant may go while it is slewed. */
const SLEW = 0.05;

/** How exact an estimate over the loopback is, on a busy machine too, in milliseconds. */
const EXACT_TO = 60;

/** How long after its look at the clock a busy page may show what it saw, in milliseconds. */
const BLUR = 15;

const test = base.extend<{ clock: SettableClock }>({
  clock: async ({}, use) => {
    const clock = new SettableClock();
    await use(clock);
    clock.remove();
  },
});

test.skip(!faketime && !process.env.CI, NO_FAKETIME);

test('by 300 ms: the shown instant is slewed, and gets there', async ({ clock, start, visitor }) => {
  const belfry = await start({ flags: ['--interval', '1s'], env: clock.env });
  await visitor.open(belfry.origin);
  const stop = await record(visitor);
  await expect(visitor.pushes).not.toHaveCount(0);
  clock.set(0.3);
  // 300 ms at 5 % are 6 s; what the page shows is up to 100 ms old.
  const slewed = async () => (await visitor.instant()) - Date.now();
  await expect.poll(slewed, { timeout: 15_000, intervals: [50] }).toBeGreaterThan(300 - EXACT_TO / 2);
  const taken = await stop();

  expect(backwards(taken)).toEqual([]);
  expect(taken.length).toBeGreaterThan(40);
  // A machine so busy that the clock is not confirmed in time stops it, which is not slewing.
  const going = taken.filter(({ stated }) => stated !== null);
  for (const [index, sample] of going.entries()) {
    const second = going.slice(index).find(({ read }) => read >= sample.read + 1_000);
    if (second) {
      const [went, took] = [second.shown - sample.shown, second.read - sample.read];
      expect(Math.abs(went - took), `${went} ms shown in ${took} ms`).toBeLessThan(took * SLEW + BLUR);
    }
  }
  expect(Math.abs(ahead(taken[0]))).toBeLessThan(EXACT_TO);
  expect(Math.abs(ahead(taken.at(-1)!) - 300)).toBeLessThan(EXACT_TO);
  await expect(visitor.truth).not.toContainText('display adjusted');
});

test('by 5 s: the shown instant is stepped, and the page says so', async ({ clock, start, visitor }) => {
  const belfry = await start({ flags: ['--interval', '1s'], env: clock.env });
  await visitor.open(belfry.origin);
  await expect(visitor.truth).not.toContainText('display adjusted');
  const stop = await record(visitor);
  clock.set(5);
  await expect(visitor.truth).toContainText(/· display adjusted by \d/);
  await expect(visitor.truth).toContainText(/your clock is 5\.0 s behind/);
  const taken = await stop();
  expect(Math.abs(ahead(taken.at(-1)!) - 5_000)).toBeLessThan(EXACT_TO);
  const steps = taken.slice(1).map((sample, index) => ahead(sample) - ahead(taken[index]));
  const [step, ...more] = steps.filter((step) => step > 1_000);
  expect(more, 'it is one step').toEqual([]);
  expect(Math.abs(step - 5_000), 'the clock is known before and after it').toBeLessThan(2 * EXACT_TO);
  // What the page says is the step that it made, to a tenth of a second.
  const said = /· display adjusted by (\d+\.\d) s( ·|$)/.exec((await visitor.truth.textContent()) ?? '');
  expect(Math.abs(Number(said?.[1]) * 1_000 - step)).toBeLessThan(50 + BLUR);
});

/** How far the shown instant is ahead of the machine's clock, in milliseconds. */
function ahead({ shown, machine, drawnAfter }: Sample): number {
  return shown - (machine - drawnAfter);
}
