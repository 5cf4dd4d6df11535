//! What the answers forbid the browser, and that the page works within it.

import { readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

import { expect, test } from './test';
import type { TimePage } from './time-page';

const packages = fileURLToPath(new URL('../../target/site/pkg', import.meta.url));

test('the page forbids what it does not need', async ({ belfry, request }) => {
  const headers = (await request.get(`${belfry.origin}/`)).headers();
  const policy = headers['content-security-policy'].split('; ');
  const nonce = /'nonce-([^']+)'/.exec(headers['content-security-policy'])?.[1];
  expect(nonce).toMatch(/^[\w+/=-]{16,}$/);
  expect(policy).toEqual([
    "default-src 'self'",
    `script-src 'strict-dynamic' 'nonce-${nonce}' 'wasm-unsafe-eval'`,
    `style-src 'self' 'nonce-${nonce}'`,
    "img-src 'self' data:",
    "connect-src 'self'",
    "object-src 'none'",
    "base-uri 'none'",
    "form-action 'self'",
    "frame-ancestors 'none'",
  ]);
  expect(headers).toMatchObject({
    'x-content-type-options': 'nosniff',
    'referrer-policy': 'same-origin',
    'cache-control': 'private, no-cache',
  });
});

test('no two pages share a nonce', async ({ belfry, request }) => {
  const policy = async () => (await request.get(`${belfry.origin}/`)).headers()['content-security-policy'];
  expect(await policy()).not.toBe(await policy());
});

test.describe('when somebody injects a script', () => {
  test.use({ expected: /^Executing inline event handler violates|^policy violated: script-src-attr/ });

  test('it does not run', async ({ belfry, visitor }) => {
    await visitor.open(belfry.origin);
    const directive = visitor.page.evaluate(() => {
      const violation = new Promise<string>((resolve) => {
        document.addEventListener('securitypolicyviolation', (event) => resolve(event.effectiveDirective));
      });
      const injected = document.createElement('div');
      injected.innerHTML = '<button onclick="window.forged = true"></button>';
      document.body.append(injected);
      injected.querySelector('button')!.click();
      return violation;
    });
    expect(await directive).toBe('script-src-attr');
    expect(await visitor.page.evaluate(() => 'forged' in window)).toBe(false);
  });
});

/** The headers of what the page loads, by the ending of its name. */
async function loads(visitor: TimePage, origin: string) {
  const loaded = new Map<string, Record<string, string>>();
  visitor.page.on('response', async (response) => {
    const { pathname } = new URL(response.url());
    loaded.set(pathname.replace(/^.*\./, ''), await response.allHeaders());
  });
  await visitor.open(origin);
  return loaded;
}

test('what the page loads is kept for ever', async ({ belfry, visitor }) => {
  const loaded = await loads(visitor, belfry.origin);
  for (const kind of ['wasm', 'js', 'css']) {
    const kept = { 'cache-control': 'public, max-age=31536000, immutable' };
    await expect.poll(() => loaded.get(kind), kind).toMatchObject(kept);
  }
});

test('what the page loads was compressed in advance', async ({ belfry, visitor }) => {
  // `make build` does it; cargo-leptos by itself only where it is told to.
  const plain = !readdirSync(packages).some((name) => name.endsWith('.wasm.br'));
  test.skip(plain && !process.env.CI, 'this build was made without --precompress');
  const loaded = await loads(visitor, belfry.origin);
  for (const kind of ['wasm', 'js', 'css']) {
    const compressed = { 'content-encoding': expect.stringMatching(/^(br|gzip)$/) };
    await expect.poll(() => loaded.get(kind), kind).toMatchObject(compressed);
  }
});
