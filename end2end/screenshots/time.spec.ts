//! The time page, live for a few pushes, in light and dark, on a desk and on a phone.

import { fileURLToPath } from 'node:url';

import { expect, test } from '../tests/test';

const images = fileURLToPath(new URL('../../docs/images', import.meta.url));
const screens = { '': { width: 1440, height: 900 }, '-phone': { width: 390, height: 844 } };

for (const colorScheme of ['light', 'dark'] as const) {
  for (const [screen, viewport] of Object.entries(screens)) {
    test.describe(`${colorScheme}${screen}`, () => {
      test.use({ colorScheme, viewport, deviceScaleFactor: screen ? 2 : 1 });

      test('the time page', async ({ start, visitor }) => {
        const belfry = await start({ flags: ['--interval', '500ms'] });
        await visitor.open(belfry.origin);
        await expect(visitor.pushes).toHaveCount(5);
        // The plot has a point for each push.
        const plot = visitor.page.locator('.spark .line');
        await expect(plot).toHaveAttribute('d', /(L.*){15}/, { timeout: 15_000 });
        await visitor.page.screenshot({ path: `${images}/time-${colorScheme}${screen}.png` });
      });
    });
  }
}
