//! Clients that we did not write receive what was published: from a browser to Python.

import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

import { EventSource } from 'eventsource';

import type { Belfry } from './belfry';
import { expect, test } from './test';

type Heard = { type: string; data: string; id: string };

/** What encoders and parsers stumble over. */
const AWKWARD = [
  '',
  'a',
  'two\nlines',
  'two\r\nlines',
  'two\rlines',
  'an end\n',
  '\n',
  '\r',
  '\n\n',
  ' a space before',
  '  two spaces before',
  ': a colon',
  'data: of its own',
  'id: 1\n\nevent: forged\ndata: forged',
  'a NUL \0 within',
  '\u{feff}a byte order mark',
  'a line \u{2028} and a paragraph \u{2029} separator',
  'next line \u{85} and vertical tab \u{b}',
  '天气 é 🙂',
  'long '.repeat(50_000),
];

/** Line ends arrive as LF, whichever they were. */
const unified = (data: string) => data.replace(/\r\n|\r/g, '\n');

/** A server with a topic of which half is there and half is yet to come. */
async function awkward(belfry: Belfry) {
  const begin = await belfry.publish('clients', 'the beginning');
  const expected: Heard[] = [];
  const publish = async (from: number, to: number) => {
    for (const [index, data] of AWKWARD.slice(from, to).entries()) {
      const type = index % 2 === 0 ? 'message' : 'a price: é';
      const id = await belfry.publish('clients', data, type);
      expected.push({ type, data: unified(data), id });
    }
  };
  const half = AWKWARD.length / 2;
  await publish(0, half);
  let publishing: Promise<void> | undefined;
  return {
    url: `${belfry.origin}/sse?topic=clients&last_event_id=${begin}`,
    begin,
    expected,
    /** Publishes the other half, once; what is expected is whole when that is done. */
    rest: () => (publishing ??= publish(half, AWKWARD.length)),
  };
}

/** Follows with an EventSource of a given make, in the page or here. */
function collect(Source: typeof globalThis.EventSource, url: string, count: number, heardOne?: () => void) {
  return new Promise<Heard[]>((resolve, reject) => {
    const heard: Heard[] = [];
    const source = new Source(url);
    const hear = ({ type, data, lastEventId }: MessageEvent<string>) => {
      heard.push({ type, data, id: lastEventId });
      heardOne?.();
      if (heard.length === count) {
        source.close();
        resolve(heard);
      }
    };
    source.addEventListener('message', hear);
    source.addEventListener('a price: é', hear);
    source.addEventListener('forged', () => reject(new Error('forged')));
    source.addEventListener('error', () => reject(new Error('the stream failed')));
  });
}

/** Runs a program that follows, and returns what it prints. `begun` is called at its first output. */
function output(program: string, args: string[], begun: () => void, enough: (text: string) => boolean) {
  return new Promise<string>((resolve, reject) => {
    const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'inherit'] });
    let text = '';
    child.stdout.setEncoding('utf8');
    child.stdout.once('data', begun);
    child.stdout.on('data', (more: string) => {
      text += more;
      if (enough(text)) {
        child.kill('SIGKILL');
      }
    });
    child.once('error', reject);
    child.once('close', () => resolve(text));
  });
}

test('the browser’s EventSource', async ({ belfry, page }) => {
  const { url, expected, rest } = await awkward(belfry);
  await page.goto(belfry.origin);
  const heard = page.evaluate(`(${collect})(EventSource, ${JSON.stringify(url)}, ${AWKWARD.length})`);
  await rest();
  expect(await heard).toEqual(expected);
});

test('eventsource from npm', async ({ belfry }) => {
  const { url, expected, rest } = await awkward(belfry);
  const Source = EventSource as typeof globalThis.EventSource;
  const heard = await collect(Source, url, AWKWARD.length, () => void rest());
  await rest();
  expect(heard).toEqual(expected);
});

test('httpx-sse from PyPI', async ({ belfry }) => {
  const { url, begin, expected, rest } = await awkward(belfry);
  const client = fileURLToPath(new URL('httpx-sse-client.py', import.meta.url));
  const lines = (text: string) => text.split('\n').length - 1;
  const text = await output(
    process.env.BELFRY_PYTHON ?? 'python3',
    [client, url, begin],
    () => void rest(),
    (text) => lines(text) === AWKWARD.length,
  );
  await rest();
  const heard: Heard[] = text.trim().split('\n').map((line) => JSON.parse(line));
  expect(heard).toEqual(expected);
});

test('curl', async ({ belfry }) => {
  const { url, expected, rest } = await awkward(belfry);
  // The place to begin at has an id too.
  const whole = (text: string) =>
    text.endsWith('\n\n') && text.match(/^id: /gm)?.length === AWKWARD.length + 1;
  const args = ['--silent', '--no-buffer', '--fail', '--max-time', '20', url];
  const text = await output('curl', args, () => void rest(), whole);
  await rest();
  // By the standard's own grammar: fields end in LF, events in a blank line.
  const heard = text
    .split('\n\n')
    .filter((event) => /^data:/m.test(event))
    .map((event) => {
      const fields = event.split('\n');
      const values = (name: string) =>
        fields.filter((field) => field.startsWith(`${name}: `)).map((field) => field.slice(name.length + 2));
      return { type: values('event')[0] ?? 'message', data: values('data').join('\n'), id: values('id')[0] };
    });
  expect(heard).toEqual(expected);
});
