//! Plain HTTP from another machine, where browsers give a page no clipboard.

import { chromium } from './browsers';
import { expect, test } from './test';

test.use({
  // A header that counts on https alone.
  expected: /Cross-Origin-Opener-Policy/,
  launchOptions: {
    ...chromium.launchOptions,
    args: [...chromium.launchOptions!.args!, '--host-resolver-rules=MAP *.test 127.0.0.1'],
  },
});

test('copying works too, or says that it does not', async ({ start, visitor }) => {
  const { page } = visitor;
  const belfry = await start({ flags: ['--interval', '1s', '--host', 'belfry.test'] });
  await visitor.open(`http://belfry.test:${belfry.port}`);
  expect(await page.evaluate(() => isSecureContext)).toBe(false);
  const copied = page.evaluate(
    () =>
      new Promise((resolve) => {
        document.addEventListener('copy', () => resolve((document.activeElement as HTMLTextAreaElement).value));
      }),
  );
  await page.getByRole('button', { name: 'Copy curl' }).click();
  await expect(page.getByRole('button', { name: 'Copied curl' })).toBeVisible();
  await expect(page.getByRole('button', { name: 'Copied curl' })).toBeFocused();
  expect(await copied).toBe(`curl -N http://belfry.test:${belfry.port}/sse`);
  await page.evaluate(() => (document.execCommand = () => false));
  await expect(page.getByRole('button', { name: 'Copy curl' })).toBeVisible();
  await page.getByRole('button', { name: 'Copy curl' }).click();
  await expect(page.getByRole('button', { name: 'Can’t copy: select the text curl' })).toBeVisible();
});
