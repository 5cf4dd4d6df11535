//! axe finds nothing to complain of, whatever the screen, the scheme and the state of the link.

import { AxeBuilder } from '@axe-core/playwright';

import { expect, test } from './test';
import type { TimePage } from './time-page';

for (const colorScheme of ['light', 'dark'] as const) {
  for (const width of [320, 1440]) {
    test.describe(`${colorScheme}, ${width} px wide`, () => {
      test.use({ colorScheme, viewport: { width, height: 900 } });

      test('axe finds nothing while live, nor while silent', async ({ belfry, visitor, through }) => {
        const proxy = await through(belfry);
        await visitor.open(proxy.origin);
        await isAccessible(visitor);
        proxy.swallow();
        await expect(visitor.status).toHaveText(/^Silent/);
        await expect(visitor.truth).toContainText('stopped');
        await isAccessible(visitor);
      });

      test('nothing is wider than the screen', async ({ belfry, visitor }) => {
        await visitor.open(belfry.origin);
        await expect(visitor.pushes).not.toHaveCount(0);
        const overflow = await visitor.page.evaluate(
          () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
        );
        expect(overflow).toBe(0);
      });
    });
  }
}

async function isAccessible({ page }: TimePage): Promise<void> {
  const { violations } = await new AxeBuilder({ page }).analyze();
  const told = violations.map(({ id, help, nodes }) => ({ id, help, at: nodes.map((node) => node.html) }));
  expect(told).toEqual([]);
}
