//! Every page of one running server, in both languages, in light and dark, on a desk and on a phone.

import { fileURLToPath } from 'node:url';

import type { Page } from '@playwright/test';

import { Belfry } from '../tests/belfry';
import { expect, test } from '../tests/test';

const images = fileURLToPath(new URL('../../docs/images', import.meta.url));

const PAGES = { time: '/', status: '/status', console: '/console?topic=weather/zurich', missing: '/no-such-page' };
const SCREENS = { '': { width: 1440, height: 1000 }, '-phone': { width: 390, height: 844 } };
const LANGUAGES = { '': 'en-GB', '-zh': 'zh-CN' };

/** How long the server runs before the first picture, so that its plots have something to show. */
const WARM_UP_MS = 150_000;

let belfry: Belfry;
let traffic: NodeJS.Timeout;

test.beforeAll(async () => {
  test.setTimeout(WARM_UP_MS + 30_000);
  belfry = await Belfry.start({ flags: ['--interval', '1s'] });
  let count = 0;
  traffic = setInterval(() => {
    count += 1;
    // More in some seconds than in others, as weather is.
    const weather = { temperature: (12 + 4 * Math.sin(count / 20)).toFixed(1), wind: 3 + (count % 5) };
    const events = 1 + Math.round(3 + 3 * Math.sin(count / 9));
    for (let event = 0; event < events; event += 1) {
      belfry.publish('weather/zurich', JSON.stringify(weather), 'report').catch(() => {});
    }
  }, 1_000);
  await new Promise((resolve) => setTimeout(resolve, WARM_UP_MS));
});

test.afterAll(async () => {
  clearInterval(traffic);
  await belfry.remove();
});

for (const colorScheme of ['light', 'dark'] as const) {
  for (const [language, locale] of Object.entries(LANGUAGES)) {
    for (const [screen, viewport] of Object.entries(SCREENS)) {
      // A phone looks the same in either language.
      if (screen && language) continue;
      test.describe(`${colorScheme}${language}${screen}`, () => {
        test.use({ colorScheme, locale, viewport, deviceScaleFactor: screen ? 2 : 1, expected: /404/ });

        for (const [name, path] of Object.entries(PAGES)) {
          test(name, async ({ page }) => {
            await page.goto(`${belfry.origin}${path}`);
            await isLively(page, name);
            await page.screenshot({ path: `${images}/${name}${language}-${colorScheme}${screen}.png` });
          });
        }
      });
    }
  }
}

async function isLively(page: Page, name: string): Promise<void> {
  await expect(page.locator('.masthead .bell')).toHaveAttribute('data-beat', /./, { timeout: 15_000 });
  if (name === 'time') {
    await expect(page.locator('.spark .line')).toHaveAttribute('d', /(L.*){8}/, { timeout: 20_000 });
  }
}
