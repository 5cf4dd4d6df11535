//! The server's health, pushed: figures and plots that move, and who may see them.

import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

import { expect, test } from './test';

test('the page is rendered with the last minutes, and moves as values arrive', async ({ belfry, page, request }) => {
  // The first measurement needs two looks at the machine.
  await expect
    .poll(async () => (await (await request.get(`${belfry.origin}/api/status`)).json()).at.length, {
      timeout: 15_000,
    })
    .toBeGreaterThan(2);
  const html = await (await request.get(`${belfry.origin}/status`)).text();
  expect(html, 'the plots are drawn already').toMatch(/<path d="M\d+ \d+l0 0[^"]+" class="line"/);
  await page.goto(`${belfry.origin}/status`);
  const plot = page.getByRole('img', { name: /^CPU/ });
  await expect(plot).toBeVisible();
  const line = plot.locator('.line');
  const drawn = await line.getAttribute('d');
  await expect(line).not.toHaveAttribute('d', drawn!, { timeout: 8_000 });
});

test('values that are no longer pushed do not pretend to be new', async ({ belfry, page, through }) => {
  const proxy = await through(belfry);
  await page.goto(`${proxy.origin}/status`);
  await expect(page.locator('.age')).toContainText('Live', { timeout: 15_000 });
  proxy.swallow();
  await expect(page.locator('.age')).toContainText('As of', { timeout: 10_000 });
  proxy.release();
  await expect(page.locator('.age')).toContainText('Live', { timeout: 20_000 });
});

test('a token opens it, given through the page', async ({ start, page }) => {
  const belfry = await start({ flags: ['--interval', '1s', '--status', 'token'] });
  await page.goto(`${belfry.origin}/status`);
  await expect(page.getByRole('img')).toHaveCount(0);
  await page.getByRole('main').getByLabel('Token').fill('nonsense');
  await page.getByRole('button', { name: 'Show status' }).click();
  await expect(page.getByRole('alert')).toBeVisible();
  await page.getByRole('main').getByLabel('Token').fill(belfry.token());
  await page.getByRole('button', { name: 'Show status' }).click();
  await expect(page).toHaveURL(`${belfry.origin}/status`);
  await expect(page.getByRole('img').first()).toBeVisible({ timeout: 15_000 });
});

test('a server that shows it to nobody says so', async ({ start, page, request }) => {
  const belfry = await start({ flags: ['--status', 'off'] });
  await page.goto(`${belfry.origin}/status`);
  await expect(page.getByRole('main')).toContainText('This server doesn’t share its status.');
  await expect(page.getByRole('textbox')).toHaveCount(0);
  expect((await request.get(`${belfry.origin}/api/status`)).status()).toBe(404);
});

test('a page that was navigated to asks for the last minutes', async ({ belfry, visitor }) => {
  await visitor.open(belfry.origin);
  await visitor.page.getByRole('link', { name: 'Status' }).click();
  await expect(visitor.page.getByRole('img').first()).toBeVisible({ timeout: 15_000 });
  await expect(visitor.page.locator('.verdict')).toHaveText(/\w/);
  const line = visitor.page.getByRole('main').getByRole('img').first().locator('.line').first();
  await expect(line).toHaveAttribute('d', /M\d+ \d+l0 0( -?\d+ -?\d+){2}/, { timeout: 15_000 });
});

test('a link from another site leads to what the visitor may see', async ({ start, page, context }) => {
  const belfry = await start({ flags: ['--status', 'token'] });
  await context.request.post(`${belfry.origin}/login`, { data: belfry.token(), headers: { 'content-type': 'text/plain' } });
  // To browsers `localhost` is another site than 127.0.0.1.
  const wiki = createServer((_, answer) => {
    const link = `<a href="${belfry.origin}/status">status</a>`;
    answer.setHeader('content-type', 'text/html').end(`<!DOCTYPE html><link rel=icon href=data:,>${link}`);
  });
  await once(wiki.listen(0, '127.0.0.1'), 'listening');
  await page.goto(`http://localhost:${(wiki.address() as AddressInfo).port}/`);
  await page.getByRole('link').click();
  await expect(page.getByRole('img', { name: /^CPU/ })).toBeVisible({ timeout: 15_000 });
  wiki.closeAllConnections();
  await once(wiki.close(), 'close');
});
