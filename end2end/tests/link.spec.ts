//! The link survives what networks do, and the page says what is going on in the meantime.

import { expect, FAILED_REQUESTS, test } from './test';

test.describe('while the server is away', () => {
  test.use({ expected: FAILED_REQUESTS });

  test('a restart is survived without a reload', async ({ belfry, visitor }) => {
    await visitor.open(belfry.origin);
    await visitor.mark();
    await belfry.stop();
    await expect(visitor.status).toHaveText('Waiting, trying again soon');
    await expect(visitor.pill).toHaveText(/^Waiting, trying again in \d+ s$/);
    await belfry.run();
    await visitor.isLive();
    await visitor.isMarked();
  });

  test('a crash is survived without a reload', async ({ belfry, visitor }) => {
    await visitor.open(belfry.origin);
    await visitor.mark();
    await belfry.kill();
    await expect(visitor.status).toHaveText('Waiting, trying again soon');
    await belfry.run();
    await visitor.isLive();
    await visitor.isMarked();
  });

  test('a period of 503 answers is survived', async ({ belfry, visitor, through }) => {
    const proxy = await through(belfry);
    await visitor.open(proxy.origin);
    await visitor.mark();
    proxy.answer('503 Service Unavailable');
    await expect(visitor.status).toHaveText('Waiting, trying again soon');
    // One such answer ends a native EventSource for good: the page has to come again by itself.
    await expect.poll(() => proxy.streamsAnswered, { timeout: 10_000 }).toBeGreaterThan(1);
    await expect(visitor.pill).toHaveText(/^Waiting, trying again in \d+ s$/);
    proxy.pass();
    await visitor.isLive();
    await visitor.isMarked();
  });

  test('a network that refuses everything is survived', async ({ belfry, visitor, through }) => {
    const proxy = await through(belfry);
    await visitor.open(proxy.origin);
    proxy.refuse();
    await expect(visitor.status).toHaveText('Waiting, trying again soon');
    // The digits go on while the clock is confirmed, and not for longer.
    await expect(visitor.truth).toContainText('Stopped at');
    proxy.pass();
    await visitor.isLive();
  });

  test('a cut connection is replaced within two seconds', async ({ belfry, visitor, through }) => {
    const proxy = await through(belfry);
    await visitor.open(proxy.origin);
    proxy.cut();
    await expect(visitor.status).toHaveText('Waiting, trying again soon');
    await visitor.isLive(2_500);
  });
});

test('a stream that falls silent stops the digits until it is heard again', async ({
  belfry,
  visitor,
  through,
}) => {
  const proxy = await through(belfry);
  await visitor.open(proxy.origin);
  await visitor.mark();
  proxy.swallow();
  // Two intervals, and one for the last push on its way and a busy machine.
  await expect(visitor.status).toHaveText('Silent: nothing heard from the server', { timeout: 3_000 });
  await expect(visitor.truth).toContainText('Stopped at', { timeout: 1_000 });
  await expect(visitor.pill).toHaveText(/^Silent: nothing heard for \d+\.\d s$/);
  const stopped = await visitor.time.getAttribute('datetime');
  await expect(visitor.pill).toHaveText(/^Silent: nothing heard for [4-9]\.\d s$/);
  await expect(visitor.time).toHaveAttribute('datetime', stopped!);
  proxy.release();
  await visitor.isLive();
  expect(await visitor.instant()).toBeGreaterThan(Date.parse(stopped!));
  await visitor.isMarked();
});

test('closing the page ends the work for it at once', async ({ belfry, visitor }) => {
  await visitor.open(belfry.origin);
  await visitor.page.close();
  await expect
    .poll(() => belfry.log.at(-1), { timeout: 1_000 })
    .toMatch(/client disconnected address=127\.0\.0\.1:\d+ duration_ms=\d+ events=\d+ readers=0$/);
});
