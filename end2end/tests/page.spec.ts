//! What a visitor gets on opening the page.

import { expect, test } from './test';

test('the time moves every second without a reload', async ({ belfry, visitor }) => {
  await visitor.open(belfry.origin);
  await visitor.mark();
  const [instant, digits] = [await visitor.instant(), await visitor.timer.innerText()];
  await expect.poll(() => visitor.instant()).toBeGreaterThan(instant + 2_000);
  await expect(visitor.timer).not.toHaveText(digits);
  expect(Math.abs((await visitor.instant()) - Date.now())).toBeLessThan(1_000);
  await visitor.isMarked();
});

test('the HTML is rendered with the time and the title', async ({ belfry, request }) => {
  const html = await (await request.get(`${belfry.origin}/`)).text();
  const rendered = /<time datetime="(\d{4}-\d\d-\d\dT(\d\d:\d\d):\d\d\.\d{3}Z)"/.exec(html);
  expect(rendered, html).not.toBeNull();
  const [, instant, minute] = rendered!;
  expect(Math.abs(Date.parse(instant) - Date.now())).toBeLessThan(5_000);
  expect(html).toContain(`<title>${minute} UTC · Belfry</title>`);
});

test('the title carries hours and minutes', async ({ belfry, visitor }) => {
  await visitor.open(belfry.origin);
  await expect(visitor.page).toHaveTitle(/^\d{1,2}:\d\d( [AP]M)? · Belfry$/);
});

test('another reader is counted while there', async ({ belfry, visitor, another }) => {
  const readers = visitor.card('Watching now').locator('.readers');
  await visitor.open(belfry.origin);
  await expect(readers).toHaveText('1');
  const second = await another();
  await second.open(belfry.origin);
  await expect(readers).toHaveText('2');
  await second.page.context().close();
  await expect(readers).toHaveText('1');
});

test('the last five pushes are listed, newest first', async ({ start, visitor }) => {
  const belfry = await start({ flags: ['--interval', '200ms'] });
  await visitor.open(belfry.origin);
  await expect(visitor.pushes).toHaveCount(5);
  // What came before the first probe was back has no lateness; it is pushed out in time.
  await expect(visitor.pushes.last()).toContainText('ms');
  const listed = await visitor.pushes.allInnerTexts();
  for (const push of listed) {
    expect(push).toMatch(/^\d\d:\d\d:\d\d\.\d{3}Z\s*[+−]\d+\.\d ms$/);
  }
  expect(listed.toSorted().reverse()).toEqual(listed);
});

test('the curl line names the server that was asked, and can be copied', async ({ belfry, visitor }) => {
  await visitor.page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
  await visitor.open(belfry.origin);
  const line = `curl -N ${belfry.origin}/sse`;
  await expect(visitor.page.getByText(line, { exact: true })).toBeVisible();
  await visitor.page.getByRole('button', { name: 'Copy curl' }).click();
  await expect(visitor.page.getByRole('button', { name: 'Copied curl' })).toBeVisible();
  expect(await visitor.page.evaluate(() => navigator.clipboard.readText())).toBe(line);
  await expect(visitor.page.getByRole('button', { name: 'Copy curl' })).toBeVisible();
});

test('a screen reader finds the page in order', async ({ base, belfry, visitor }) => {
  const path = base.replace('/', '\\/');
  await visitor.open(belfry.origin);
  await expect(visitor.pushes.nth(4)).toBeVisible({ timeout: 10_000 });
  await expect(visitor.page.getByRole('main')).toMatchAriaSnapshot(`
    - main:
      - heading "Server time" [level=1]
      - paragraph: /^\\w+, \\w+ \\d+, \\d{4} · Coordinated Universal Time$/
      - timer:
        - time: /^\\d+:\\d\\d:\\d\\d( \\.\\d)? [AP]M$/
      - paragraph: /^Within ± \\d+ ms of this server’s clock · your clock .+, ± \\d+ ms( · this server’s clock is not synchronised)?$/
      - status: Live
      - paragraph:
        - button "24-hour"
        - button "UTC"
      - region "Figures":
        - article:
          - heading "Your clock vs the server" [level=2]
          - paragraph: /± \\d+ ms$/
          - img "How far your clock was from the server’s at each measurement, with the margin of error"
        - article:
          - heading "Round trip" [level=2]
          - paragraph: /^\\d+\\.\\d ms$/
          - paragraph: Best of recent probes · HTTP/1.1
        - article:
          - heading "Server clock" [level=2]
          - paragraph: /^(Synchronised|Not synchronised|Unknown)$/
          - paragraph: /^The kernel /
        - article:
          - heading "Watching now" [level=2]
          - paragraph: "1"
          - paragraph: open stream
        - article:
          - heading "Latest pushes" [level=2]
          - list:
            - listitem: /^\\d\\d:\\d\\d:\\d\\d\\.\\d{3}Z [+−]\\d+\\.\\d ms$/
            - listitem
            - listitem
            - listitem
            - listitem
      - region "Try it yourself":
        - heading "Try it yourself" [level=2]
        - figure:
          - button "Copy curl"
          - code: /^curl -N http:\\/\\/127\\.0\\.0\\.1:\\d+${path}\\/sse$/
        - figure:
          - button "Copy JavaScript"
          - code: /new EventSource\\('${path}\\/sse'\\)/
  `);
});

test('a screen reader is not told the time again and again', async ({ belfry, visitor }) => {
  await visitor.open(belfry.origin);
  const chatter = await visitor.page.evaluate(async () => {
    const told: string[] = [];
    const spoken = '[role=status], [role=alert], [role=log], [aria-live]:not([aria-live=off])';
    const observer = new MutationObserver((changes) => told.push(...changes.map(({ type }) => type)));
    for (const region of document.querySelectorAll(spoken)) {
      observer.observe(region, { attributes: true, characterData: true, childList: true, subtree: true });
    }
    // More than two intervals, so that pushes and a redrawn pill are among them.
    await new Promise((resolve) => setTimeout(resolve, 2_500));
    return told;
  });
  expect(chatter).toEqual([]);
  await expect(visitor.status).toHaveText('Live');
});

test('nothing jumps while the numbers change', async ({ belfry, visitor }) => {
  await visitor.open(belfry.origin);
  await expect(visitor.card('Round trip')).toContainText(/\d ms/);
  const { boxes, jumps, shifted } = await visitor.page.evaluate(watchLayout);
  expect(boxes, 'where the digits stand, and how large they are').toHaveLength(1);
  expect(jumps, 'what moved up or down').toEqual([]);
  // A line of centred text breathes where a number in it gets a digit less: no more than that.
  expect(shifted).toBeLessThan(0.005);
});

test.describe('in Shanghai, written as in Britain', () => {
  test.use({ timezoneId: 'Asia/Shanghai', locale: 'en-GB' });

  test('the time is the visitor’s, in 24 hours', async ({ belfry, visitor }) => {
    await visitor.open(belfry.origin);
    await expect(visitor.page.getByText('China Standard Time')).toBeVisible();
    await expect(visitor.timer).toHaveText(/^\s*\d\d:\d\d:\d\d(\.\d)?\s*$/);
    const hour = ((await hours(visitor.instant())) + 8) % 24;
    await expect(visitor.timer).toHaveText(new RegExp(`^\\s*${String(hour).padStart(2, '0')}:`));
  });
});

test.describe('in Shanghai, written as in America', () => {
  test.use({ timezoneId: 'Asia/Shanghai', locale: 'en-US' });

  test('the time is the visitor’s, in 12 hours', async ({ belfry, visitor }) => {
    await visitor.open(belfry.origin);
    const hour = ((await hours(visitor.instant())) + 8) % 24;
    const written = new RegExp(`^\\s*${hour % 12 || 12}:\\d\\d:\\d\\d(\\.\\d)?\\s*${hour < 12 ? 'AM' : 'PM'}\\s*$`);
    await expect(visitor.timer).toHaveText(written);
  });
});

async function hours(instant: Promise<number>): Promise<number> {
  return new Date(await instant).getUTCHours();
}

/** Runs in the page for four pushes: the boxes of the digits, and what the browser calls a shift. */
async function watchLayout() {
  type Shift = PerformanceEntry & {
    value: number;
    sources: { node: Node | null; previousRect: DOMRect; currentRect: DOMRect }[];
  };
  const [boxes, jumps] = [new Set<string>(), [] as (string | null | undefined)[]];
  let shifted = 0;
  new PerformanceObserver((list) => {
    for (const { value, sources } of list.getEntries() as Shift[]) {
      shifted += value;
      const jumped = sources.filter(({ previousRect, currentRect }) => previousRect.y !== currentRect.y);
      jumps.push(...jumped.map(({ node }) => node?.textContent));
    }
  }).observe({ type: 'layout-shift' });
  const digits = document.querySelector('.digits')!;
  const end = performance.now() + 4_000;
  while (performance.now() < end) {
    await new Promise(requestAnimationFrame);
    const { x, y, width, height } = digits.getBoundingClientRect();
    boxes.add([x, y, width, height].map((length) => length.toFixed(1)).join(' '));
  }
  return { boxes: [...boxes], jumps, shifted };
}
