//! On the server's own TLS all tabs of a browser share one connection, over HTTP/2.

import { readFileSync } from 'node:fs';

import { expect, test } from './test';
import { TimePage } from './time-page';

const TABS = 20;

/** What the kernel calls a connection that is open. */
const ESTABLISHED = '01';

/** How many connections others have to a port of the loopback address, as the kernel counts them. */
function connectionsTo(port: number): number {
  const server = `0100007F:${port.toString(16).toUpperCase().padStart(4, '0')}`;
  const rows = readFileSync('/proc/net/tcp', 'utf8').split('\n').map((row) => row.trim().split(/\s+/));
  return rows.filter(([, , remote, state]) => remote === server && state === ESTABLISHED).length;
}

test.use({ ignoreHTTPSErrors: true });

test('twenty tabs all move, over one connection', async ({ start, context }) => {
  test.setTimeout(180_000);
  const belfry = await start({ flags: ['--interval', '1s', '--tls-self-signed'] });
  const tabs: TimePage[] = [];
  while (tabs.length < TABS) {
    const tab = new TimePage(await context.newPage());
    tabs.push(tab);
    await tab.page.goto(`${belfry.origin}/`);
    await expect(tab.status).toHaveText('Live', { timeout: 20_000 });
  }
  for (const tab of tabs) {
    const pushes = () => tab.pushes.first().innerText();
    const last = await pushes();
    await expect.poll(pushes).not.toBe(last);
    await expect(tab.card('Watching now')).toContainText(`${TABS} tabs, 1 stream`, { timeout: 20_000 });
  }
  expect(belfry.mostStreams()).toBe(1);
  expect(connectionsTo(belfry.port)).toBe(1);
  const protocol = () => (performance.getEntriesByType('navigation')[0] as PerformanceNavigationTiming).nextHopProtocol;
  expect(await Promise.all(tabs.map((tab) => tab.page.evaluate(protocol)))).toEqual(Array(TABS).fill('h2'));
});
