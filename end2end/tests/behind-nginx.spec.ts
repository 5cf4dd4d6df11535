//! The main paths through the real nginx, with TLS and HTTP/2, in Chromium and in a stock Firefox.

import { test as inFirefox, texts, text } from './firefox-fixtures';
import { Nginx } from './nginx';
import { RoomPage } from './room-page';
import { expect, FAILED_REQUESTS, test as inChromium } from './test';
import { TimePage } from './time-page';

/** A page tries again after up to 18 s, and nginx thinks the server away for 10 s. */
const BACK_WITHIN_MS = 45_000;

inChromium.describe('in Chromium behind nginx', () => {
  const test = inChromium.extend<{ nginx: Nginx }>({
    nginx: async ({}, use) => {
      const nginx = await Nginx.start(['--status', 'token']);
      await use(nginx);
      await nginx.stop();
    },
  });
  // What a restart makes of requests, and how Chromium names a certificate that nobody trusts.
  test.use({ ignoreHTTPSErrors: true, expected: FAILED_REQUESTS });

  test('the page of the time goes live, over HTTP/2, and survives a restart of the server', async ({ nginx, visitor }) => {
    inChromium.setTimeout(120_000);
    await visitor.open(nginx.origin);
    const protocols = await visitor.page.evaluate(() => {
      const entries = ['navigation', 'resource'].flatMap((kind) => performance.getEntriesByType(kind));
      return entries.map((entry) => (entry as PerformanceResourceTiming).nextHopProtocol);
    });
    expect(new Set(protocols)).toEqual(new Set(['h2']));
    const first = await visitor.instant();
    await expect.poll(() => visitor.instant()).toBeGreaterThan(first + 2_000);

    await visitor.mark();
    await nginx.belfry.stop();
    await expect(visitor.status).not.toHaveText('Live');
    await nginx.belfry.run();
    await visitor.isLive(BACK_WITHIN_MS);
    await visitor.isMarked();
  });

  test('what is said arrives in another tab and in another browser, also across a restart', async ({ nginx, context, another }) => {
    inChromium.setTimeout(120_000);
    const ada = new RoomPage(await context.newPage());
    await ada.enter(nginx.origin, 'Ada');
    const tab = await new RoomPage(await context.newPage()).open(nginx.origin);
    const { page } = await another({ ignoreHTTPSErrors: true });
    const bob = await new RoomPage(page).enter(nginx.origin, 'Bob');
    await ada.tell('hello');
    await expect(tab.row('hello')).toHaveCount(1);
    await expect(bob.row('hello')).toHaveCount(1);
    await bob.tell('good morning');
    await expect(ada.row('good morning')).toHaveCount(1);

    await nginx.belfry.stop();
    await ada.say('while it is away');
    await nginx.belfry.run();
    for (const room of [ada, tab, bob]) {
      await expect(room.texts).toHaveText(['hello', 'good morning', 'while it is away'], { timeout: BACK_WITHIN_MS });
    }
  });

  test('signing in opens the status, whose figures move, until signing out', async ({ nginx, page, context }) => {
    await page.goto(`${nginx.origin}/status`);
    await page.getByRole('main').getByLabel('Token').fill(nginx.belfry.token());
    await page.getByRole('button', { name: 'Show status' }).click();
    await expect(page).toHaveURL(`${nginx.origin}/status`);
    const line = page.getByRole('img', { name: /^CPU/ }).locator('.line');
    await expect(line).toBeVisible({ timeout: 15_000 });
    const drawn = await line.getAttribute('d');
    await expect(line).not.toHaveAttribute('d', drawn!, { timeout: 15_000 });
    const cookies = async () => (await context.cookies()).filter((cookie) => cookie.name === '__Host-belfry-token');
    expect(await cookies()).toMatchObject([{ secure: true, httpOnly: true }]);
    await page.getByRole('button', { name: 'Sign out' }).click();
    await expect(page.getByRole('main').getByLabel('Token')).toBeVisible();
    expect(await cookies()).toEqual([]);
  });

  test('the language that is chosen stays', async ({ nginx, page }) => {
    await page.goto(`${nginx.origin}/console?topic=a%26b`);
    await page.getByRole('link', { name: '简体中文' }).click();
    await expect(page).toHaveURL(`${nginx.origin}/console?topic=a%26b`);
    await expect(page.locator('html')).toHaveAttribute('lang', 'zh-CN');
    const visitor = new TimePage(page);
    await page.goto(`${nginx.origin}/`);
    await expect(page.locator('html')).toHaveAttribute('lang', 'zh-CN');
    await expect(visitor.status).toHaveText('实时', { timeout: 20_000 });
  });
});

inFirefox.describe('in Firefox behind nginx', () => {
  inFirefox.use({ acceptInsecureCerts: true });

  inFirefox('the main paths work, and go on after a restart of the server', async ({ browsing }) => {
    inFirefox.setTimeout(180_000);
    const nginx = await Nginx.start(['--status', 'token']);
    try {
      const tab = await browsing.newPage();
      await tab.goto(`${nginx.origin}/`);
      const state = () => text(tab, '[role=status]');
      await expect.poll(state, { timeout: 20_000 }).toBe('Live');
      const protocol = () =>
        (performance.getEntriesByType('navigation')[0] as PerformanceNavigationTiming).nextHopProtocol;
      expect(await tab.evaluate(protocol)).toBe('h2');
      await nginx.belfry.stop();
      await expect.poll(state, { timeout: 20_000 }).not.toBe('Live');
      await nginx.belfry.run();
      await expect.poll(state, { timeout: BACK_WITHIN_MS }).toBe('Live');

      const room = await browsing.newPage();
      await room.goto(`${nginx.origin}/chat/lobby`);
      const other = await browsing.newPage();
      await other.goto(`${nginx.origin}/chat/lobby`);
      for (const page of [room, other]) {
        await page.waitForSelector('.masthead .bell[data-beat]:not([data-beat=""])', { timeout: 20_000 });
      }
      await other.type('#name', 'Bob');
      await other.type('#text', 'hello');
      await other.keyboard.press('Enter');
      await expect.poll(() => texts(room, '.said .text'), { timeout: 10_000 }).toEqual(['hello']);

      await tab.bringToFront();
      await tab.goto(`${nginx.origin}/status`);
      await tab.type('main input[type=password]', nginx.belfry.token());
      await tab.click('main form button');
      const figure = () => text(tab, '.panel .figure').catch(() => '');
      await expect.poll(figure, { timeout: 20_000 }).toMatch(/\d%$/);
      await tab.click('a[lang="zh-CN"]');
      await expect.poll(() => tab.$eval('html', (html) => html.lang).catch(() => ''), { timeout: 10_000 }).toBe('zh-CN');
    } finally {
      await nginx.stop();
    }
  });
});
