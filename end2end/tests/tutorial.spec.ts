//! A page written for the tutorial works unchanged.

import { fileURLToPath } from 'node:url';

import { expect, test } from './test';

test('the tutorial’s page shows the time that Belfry pushes', async ({ belfry, page }) => {
  await page.route('**/tutorial', (route) =>
    route.fulfill({ path: fileURLToPath(new URL('tutorial.html', import.meta.url)) }),
  );
  await page.goto(`${belfry.origin}/tutorial`);
  const time = page.getByRole('status');
  await expect(time).toHaveText(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
  const first = await time.innerText();
  await expect(time).not.toHaveText(first);
  expect(Math.abs(Date.parse(await time.innerText()) - Date.now())).toBeLessThan(2_000);
});
