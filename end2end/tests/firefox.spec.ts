//! The page lives in a stock Firefox too: one known fault of hydration is Firefox's alone.

import { expect } from '@playwright/test';

import { test, text } from './firefox-fixtures';

test('in Firefox the page is live, moves, and complains of nothing', async ({ belfry, browsing }) => {
  const tab = await browsing.newPage();
  const complaints: string[] = [];
  tab.on('console', (message) => {
    if (['error', 'warn', 'warning', 'assert'].includes(message.type())) {
      complaints.push(message.text());
    }
  });
  tab.on('pageerror', (error) => complaints.push(String(error)));
  const loaded: string[] = [];
  tab.on('requestfinished', (request) => loaded.push(new URL(request.url()).pathname));

  await tab.goto(`${belfry.origin}/`);
  await expect.poll(() => text(tab, '[role=status]'), { timeout: 10_000 }).toBe('Live');
  await expect.poll(() => text(tab, '.truth')).toMatch(/^Within ± \d+ ms of this server’s clock/);
  expect(loaded.filter((path) => path.endsWith('.wasm'))).toHaveLength(1);

  const instant = () => tab.$eval('time', (time) => Date.parse(time.dateTime));
  const first = await instant();
  await expect.poll(instant).toBeGreaterThan(first + 2_000);
  expect(Math.abs((await instant()) - Date.now())).toBeLessThan(1_000);
  await expect.poll(() => tab.$$eval('.pushes li', (pushes) => pushes.length)).toBeGreaterThan(2);
  expect(complaints).toEqual([]);

  await tab.close();
  await expect.poll(() => belfry.log.at(-1)).toMatch(/client disconnected .* readers=0$/);
});

test('in Firefox the tabs share a stream, and the pages change without a load', async ({ belfry, browsing }) => {
  const tab = await browsing.newPage();
  await belfry.publish('numbers', 'one');
  await tab.goto(`${belfry.origin}/console?topic=numbers`);
  await expect.poll(() => text(tab, '.rows .written')).toBe('one');
  const other = await browsing.newPage();
  await other.goto(`${belfry.origin}/`);
  await expect.poll(() => text(other, '[role=status]'), { timeout: 10_000 }).toBe('Live');
  await expect.poll(() => text(other, '.tabs'), { timeout: 10_000 }).toBe('You: 2 tabs, 1 stream');
  await belfry.publish('numbers', 'two');
  await expect.poll(() => text(tab, '.rows .written'), { timeout: 10_000 }).toBe('two');

  await other.evaluate(() => Object.assign(window, { marked: true }));
  await other.click('nav a[href="/status"]');
  await expect.poll(() => text(other, 'h1')).toBe('Status');
  const figure = () => text(other, '.panel .figure');
  await expect.poll(figure, { timeout: 15_000 }).toMatch(/\d%$/);
  expect(await other.evaluate(() => 'marked' in window)).toBe(true);
  // The leader goes: the other one takes over.
  const before = belfry.log.length;
  await tab.close();
  const again = () => belfry.log.slice(before).some((line) => line.includes('client connected'));
  await expect.poll(again, { timeout: 10_000 }).toBe(true);
  await expect.poll(() => belfry.streams(), { timeout: 10_000 }).toBe(1);
  await expect.poll(() => other.$('.banner[hidden]').then(Boolean)).toBe(true);
});
