//! What a screen reader finds on each page, in both languages.

import { ConsolePage } from './console-page';
import { expect, FAILED_REQUESTS, test } from './test';

const WORDS = {
  'en-GB': { pages: 'Pages', time: 'Time', status: 'Status', chat: 'Chat', console: 'Console', other: '简体中文', tag: 'zh-CN', topic: 'Topic', show: 'Show', events: 'Events on “numbers”' },
  'zh-CN': { pages: '页面', time: '时间', status: '状态', chat: '聊天', console: '控制台', other: 'English', tag: 'en', topic: '主题', show: '查看', events: '“numbers”的事件' },
};

for (const [locale, words] of Object.entries(WORDS)) {
  test.describe(locale, () => {
    test.use({ locale, timezoneId: 'UTC', expected: FAILED_REQUESTS });

    test('the masthead names the pages and the other language', async ({ belfry, page }) => {
      await page.goto(`${belfry.origin}/status`);
      await expect(page.getByRole('banner')).toMatchAriaSnapshot(`
        - banner:
          - link "Belfry":
            - /url: /
          - navigation "${words.pages}":
            - link "${words.time}":
              - /url: /
            - link "${words.status}":
              - /url: /status
            - link "${words.chat}":
              - /url: /chat
            - link "${words.console}":
              - /url: /console
          - link "${words.other}":
            - /url: /language?tag=${words.tag}&to=/status
      `);
      await expect(page.getByRole('link', { name: words.status })).toHaveAttribute('aria-current', 'page');
    });

    test('the status page has sections, each plot a name and a table', async ({ belfry, page }) => {
      await page.goto(`${belfry.origin}/status`);
      await expect(page.getByRole('heading', { level: 1, name: words.status })).toBeVisible();
      await expect(page.getByRole('main').getByRole('region')).toHaveCount(2);
      await expect(page.getByRole('heading', { level: 2 })).toHaveCount(2);
      const plots = page.getByRole('main').getByRole('img');
      await expect(plots).toHaveCount(7);
      for (const plot of await plots.all()) {
        await expect(plot).toHaveAttribute('aria-label', /.{8}/);
      }
    });

    test('a plot is read with the arrow keys', async ({ belfry, page }) => {
      await page.goto(`${belfry.origin}/status`);
      const plot = page.getByRole('main').getByRole('img').first();
      // Three measurements, so that there is something to go to.
      await expect(plot.locator('.line')).toHaveAttribute('d', /M\d+ \d+l0 0( -?\d+ -?\d+){2}/, { timeout: 15_000 });
      await plot.focus();
      await expect(plot.locator('.rule')).toHaveAttribute('d', /^M600 /);
      await page.keyboard.press('ArrowLeft');
      await expect(plot.locator('.rule')).not.toHaveAttribute('d', /^M600 /);
      await page.keyboard.press('Escape');
      await expect(plot.locator('.rule')).toHaveAttribute('d', '');
    });

    test('the console is a form and a list', async ({ belfry, page }) => {
      await belfry.publish('numbers', 'one', 'greeting');
      await new ConsolePage(page).open(belfry.origin, 'numbers');
      await expect(page.getByRole('main')).toMatchAriaSnapshot(`
        - main:
          - heading "${words.console}" [level=1]
          - paragraph
          - text: ${words.topic}
          - textbox "${words.topic}": numbers
          - button "${words.show}"
          - heading /^${words.events} / [level=2]
          - list "${words.events}":
            - listitem:
              - paragraph: greeting
              - time
              - text: one
      `);
    });

    test('a page that is not there leads to those that are', async ({ belfry, page }) => {
      await page.goto(`${belfry.origin}/nothing-here`);
      await expect(page.getByRole('main')).toMatchAriaSnapshot(`
        - main:
          - heading [level=1]
          - paragraph:
            - code: /nothing-here
          - paragraph
          - list:
            - listitem:
              - link "${words.time}"
            - listitem:
              - link "${words.status}"
            - listitem:
              - link "${words.chat}"
            - listitem:
              - link "${words.console}"
      `);
    });
  });
}
