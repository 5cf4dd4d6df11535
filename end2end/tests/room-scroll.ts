//! Functions that run in a room's page, in any browser, to scroll back and record what moved.

/** What was seen while a room was scrolled. */
export type Seen = {
  /** The numbers of the messages that were in sight, in the order in which they came. */
  numbers: number[];
  /** The most rows that there were at once. */
  rows: number;
  /** Where neighbours did not follow each other. */
  breaks: string[];
};

/**
 * Scrolls to `above` pixels below the beginning of what is shown, and says how far what is in sight has
 * moved by itself until older messages are there, in pixels; `undefined` where there are none.
 */
export async function jumpOnReadingBack(above: number): Promise<number | undefined> {
  const scroller = document.querySelector<HTMLElement>('#messages')!;
  const older = document.querySelector<HTMLElement>('.older')!;
  const frame = () => new Promise(requestAnimationFrame);
  if (older.hidden) return undefined;
  const first = document.querySelector('.said')!;
  scroller.scrollTop = scroller.clientHeight - scroller.scrollHeight + above;
  const top = scroller.getBoundingClientRect().top;
  const rows = [...document.querySelectorAll('.said')];
  // The last frames of a fling are done before what is looked at is chosen.
  const row = rows.find((row) => row.getBoundingClientRect().top >= top)!;
  const place = row.getBoundingClientRect().top;
  let jump = 0;
  const end = performance.now() + 10_000;
  for (let after = 0; after < 10; ) {
    await frame();
    jump = Math.max(jump, Math.abs(row.getBoundingClientRect().top - place));
    // Another is the first once older ones are there.
    after += document.querySelector('.said') === first ? 0 : 1;
    if (performance.now() > end) throw new Error('no older messages came');
  }
  return jump;
}

/** Scrolls up to the first message that there is, or down to the newest, as a wheel does. */
export async function scrollThrough(up: boolean): Promise<Seen> {
  const scroller = document.querySelector<HTMLElement>('#messages')!;
  const frame = () => new Promise(requestAnimationFrame);
  const seen = new Set<number>();
  const breaks: string[] = [];
  let [rows, still] = [0, 0];
  const number = (row: Element) => Number(/\d+/.exec(row.querySelector('.text')!.textContent!)![0]);
  while (still < 60) {
    const { top, bottom } = scroller.getBoundingClientRect();
    const all = [...document.querySelectorAll('.said')];
    rows = Math.max(rows, all.length);
    const numbers = all.map(number);
    numbers.forEach((one, at) => {
      if (at > 0 && one !== numbers[at - 1] + 1) breaks.push(`${numbers[at - 1]}, ${one}`);
    });
    const before = seen.size;
    const inSight = all.filter((row) => {
      const place = row.getBoundingClientRect();
      return place.bottom > top && place.top < bottom;
    });
    (up ? inSight.reverse() : inSight).map(number).forEach((one) => seen.add(one));
    still = seen.size === before ? still + 1 : 0;
    scroller.scrollTop += up ? -250 : 250;
    await frame();
  }
  return { numbers: [...seen], rows, breaks };
}

/** Where a row stands in the window, from its top, in pixels. */
export function placeOf(row: Element): number {
  return row.getBoundingClientRect().top;
}
