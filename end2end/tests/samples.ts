//! What the clock shows, sample by sample, beside the true time: a page goes in, samples come out.

import type { TimePage } from './time-page';

/** One change of the shown instant. All in milliseconds. */
export type Sample = {
  /** When it changed, on the page's monotonic clock. */
  at: number;
  /** The shown instant, since the Unix epoch. */
  shown: number;
  /** The machine's clock at that moment, since the Unix epoch. */
  machine: number;
  /** The error that the page states; `null` where it states none. */
  stated: number | null;
};

/** Notes every change of the shown instant until there are so many. */
export async function samples({ page }: TimePage, count: number): Promise<Sample[]> {
  return page.evaluate(sampleInPage, count);
}

/** Begins to note every change; the returned function ends it. */
export async function record({ page }: TimePage): Promise<() => Promise<Sample[]>> {
  const recording = page.evaluate(sampleInPage, Infinity);
  return async () => {
    await page.evaluate(() => document.dispatchEvent(new Event('samples-end')));
    return recording;
  };
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
function sampleInPage(count: number): Promise<Sample[]> {
  let epoch = -Infinity;
  for (let beginning = 0; beginning < 20; beginning += 1) {
    const before = Date.now();
    let now = before;
    while (now === before) {
      now = Date.now();
    }
    epoch = Math.max(epoch, now - performance.now());
  }
  const time = document.querySelector('time')!;
  const stated = () => {
    const said = document.querySelector('.truth .error')?.textContent ?? '';
    const [, number, unit] = /^± (\d+) (ms|s)$/.exec(said) ?? [];
    return number === undefined ? null : Number(number) * (unit === 's' ? 1_000 : 1);
  };
  return new Promise((resolve) => {
    const taken: Sample[] = [];
    const end = () => {
      observer.disconnect();
      resolve(taken);
    };
    const observer = new MutationObserver(() => {
      const at = performance.now();
      taken.push({ at, shown: Date.parse(time.dateTime), machine: epoch + at, stated: stated() });
      if (taken.length === count) {
        end();
      }
    });
    observer.observe(time, { attributes: true, attributeFilter: ['datetime'] });
    document.addEventListener('samples-end', end, { once: true });
  });
}
