//! Samples what the clock of a page shows beside the true time.

import type { TimePage } from './time-page';

/** One change of the shown instant. All in milliseconds. */
export type Sample = {
  /** The shown instant, since the Unix epoch. */
  shown: number;
  /** When the page had read its clock last, on that monotonic clock. */
  read: number;
  /** How long after that the change stood in the page. */
  drawnAfter: number;
  /** The machine's clock when it stood there, since the Unix epoch. */
  machine: number;
  /** The error that the page states; `null` where it states none. */
  stated: number | null;
};

/** Notes every change of the shown instant until there are `count`. */
export async function samples({ page }: TimePage, count: number): Promise<Sample[]> {
  const recording = await page.evaluateHandle(recordInPage, count);
  return recording.evaluate(({ taken }) => taken);
}

/** Begins to note every change; the returned function ends it. */
export async function record({ page }: TimePage): Promise<() => Promise<Sample[]>> {
  const recording = await page.evaluateHandle(recordInPage, Infinity);
  return () =>
    recording.evaluate(({ taken, end }) => {
      end();
      return taken;
    });
}

/** The samples whose shown instant is before the one that was shown until then. */
export function backwards(taken: Sample[]): Sample[] {
  return taken.filter(({ shown }, index) => index > 0 && shown < taken[index - 1].shown);
}

/**
 * Runs in the page, and can see nothing but its parameter.
 *
 * `Date.now()` counts whole milliseconds, so its beginnings are what is exact. Their distance from
 * `performance.now()` does not change, because nothing sets the machine's clock during a test (and
 * what slews it slews both). The largest of several counts: a reading after the beginning was late.
 */
function recordInPage(count: number): { taken: Promise<Sample[]>; end: () => void } {
  const now = performance.now.bind(performance);
  let epoch = -Infinity;
  for (let beginning = 0; beginning < 20; beginning += 1) {
    const before = Date.now();
    let date = before;
    while (date === before) {
      date = Date.now();
    }
    epoch = Math.max(epoch, date - now());
  }
  let read = now();
  performance.now = () => (read = now());
  const time = document.querySelector('time')!;
  const stated = () => {
    const said = document.querySelector('.truth .error')?.textContent ?? '';
    const [, number, unit] = /^± (\d+) (ms|s)$/.exec(said) ?? [];
    return number === undefined ? null : Number(number) * (unit === 's' ? 1_000 : 1);
  };
  const changes: Sample[] = [];
  let end = () => {};
  const observer = new MutationObserver(() => {
    const at = now();
    const shown = Date.parse(time.dateTime);
    changes.push({ shown, read, drawnAfter: at - read, machine: epoch + at, stated: stated() });
    if (changes.length === count) {
      end();
    }
  });
  const taken = new Promise<Sample[]>((resolve) => {
    end = () => {
      observer.disconnect();
      performance.now = now;
      resolve(changes);
    };
  });
  observer.observe(time, { attributes: true, attributeFilter: ['datetime'] });
  return { taken, end };
}
