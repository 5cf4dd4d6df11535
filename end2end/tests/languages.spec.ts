//! English and 简体中文: chosen by the browser's preference, and by a switch that is remembered.

import { expect, test } from './test';

const PAGES = ['/', '/status', '/console', '/console?topic=chat%2Flobby', '/chat', '/chat/lobby'];

test.describe('a browser that prefers Chinese', () => {
  test.use({ locale: 'zh-CN', timezoneId: 'Asia/Shanghai' });

  test('gets Chinese from the first byte, and dates and numbers as they are written there', async ({
    belfry,
    visitor,
    request,
  }) => {
    const html = await (
      await request.get(`${belfry.origin}/`, { headers: { 'accept-language': 'zh-CN,zh;q=0.9,en;q=0.8' } })
    ).text();
    expect(html).toContain('<html lang="zh-CN"');
    const { page } = visitor;
    await page.goto(`${belfry.origin}/`);
    await expect(visitor.status).toHaveText('实时', { timeout: 20_000 });
    await expect(page.getByText('中国标准时间')).toBeVisible();
    await expect(page.locator('.date')).toHaveText(/^\d{4}年\d{1,2}月\d{1,2}日星期. · /);
    await expect(visitor.truth).toContainText('毫秒');
  });

  test('can switch to English, which is remembered', async ({ belfry, page }) => {
    await page.goto(`${belfry.origin}/console?topic=a%26b`);
    await page.getByRole('link', { name: 'English' }).click();
    await expect(page).toHaveURL(`${belfry.origin}/console?topic=a%26b`);
    await expect(page.locator('html')).toHaveAttribute('lang', 'en');
    await page.goto(`${belfry.origin}/`);
    await expect(page.locator('html')).toHaveAttribute('lang', 'en');
    await expect(page.getByRole('link', { name: '简体中文' })).toHaveAttribute('lang', 'zh-CN');
  });
});

test('a browser that prefers English can switch to Chinese on every page', async ({ belfry, page }) => {
  for (const path of PAGES) {
    await page.context().clearCookies();
    await page.goto(`${belfry.origin}${path}`);
    await expect(page.locator('html')).toHaveAttribute('lang', 'en');
    await page.getByRole('link', { name: '简体中文' }).click();
    await expect(page).toHaveURL(`${belfry.origin}${path}`);
    await expect(page.locator('html')).toHaveAttribute('lang', 'zh-CN');
  }
});

test('hydration changes no word, in either language', async ({ belfry, browser }) => {
  for (const locale of ['en-GB', 'zh-CN']) {
    const context = await browser.newContext({ locale, timezoneId: 'UTC' });
    const page = await context.newPage();
    for (const path of ['/console', '/console?topic=quiet', '/chat', '/nothing-here']) {
      await page.goto(`${belfry.origin}${path}`);
      const words = () => page.getByRole('main').innerText();
      const rendered = await words();
      await expect(page.locator('.masthead .bell')).toHaveAttribute('data-beat', /./, { timeout: 10_000 });
      expect(await words(), path).toBe(rendered);
    }
    await context.close();
  }
});
