//! A browser's stream belongs to whoever is signed in: the next visitor hears nothing that is not theirs,
//! in any tab, and misses nothing that is.

import type { BrowserContext, Page } from '@playwright/test';

import type { Belfry } from './belfry';
import { expect, FAILED_REQUESTS, test as base } from './test';

/** A stream that ended for a sign-out is opened again after a second or so. */
const NOTICED_WITHIN_MS = 10_000;

// A stream that is refused, or loaded away from, is told in the console.
const test = base.extend<{ gated: Belfry }>({
  /** A server that shows its health to those with a token, and has a form for one. */
  gated: async ({ start }, use) => {
    await use(await start({ flags: ['--interval', '1s', '--status', 'token'] }));
  },
});
test.use({ expected: FAILED_REQUESTS });

/** Tabs of one browser. */
class Tabs {
  private constructor(
    readonly pages: Page[],
    private readonly belfry: Belfry,
    private readonly topic: string,
    private readonly context: BrowserContext,
  ) {}

  static async open(belfry: Belfry, context: BrowserContext, topic: string, count: number): Promise<Tabs> {
    const tabs = new Tabs([], belfry, topic, context);
    while (tabs.pages.length < count) {
      await tabs.another();
    }
    return tabs;
  }

  /** One more, which follows the same topic. */
  async another(): Promise<Page> {
    const page = await this.context.newPage();
    await page.goto(`${this.belfry.origin}/console?topic=${encodeURIComponent(this.topic)}`);
    await expect(page.locator('.masthead .bell')).toHaveAttribute('data-beat', /./, { timeout: 10_000 });
    this.pages.push(page);
    return page;
  }

  /** Each tab shows exactly these, oldest first. */
  async show(expected: string[]): Promise<void> {
    for (const page of this.pages) {
      // Also while the page is reloading.
      await expect(async () => {
        expect((await page.locator('.rows .written').allInnerTexts()).reverse()).toEqual(expected);
      }).toPass({ timeout: NOTICED_WITHIN_MS });
    }
  }

  async areSignedIn(signedIn: boolean): Promise<void> {
    for (const page of this.pages) {
      await expect(page.getByRole('button', { name: 'Sign out' })).toBeVisible({
        visible: signedIn,
        timeout: NOTICED_WITHIN_MS,
      });
    }
  }

  /** They have one stream together, of whoever is signed in now. */
  async haveOneStream(): Promise<void> {
    await expect.poll(() => this.belfry.streams(), { timeout: NOTICED_WITHIN_MS }).toBe(1);
  }
}

async function signIn(page: Page, belfry: Belfry, token: string): Promise<void> {
  await page.goto(`${belfry.origin}/status`);
  await page.getByRole('main').getByLabel('Token').fill(token);
  await page.getByRole('button', { name: 'Show status' }).click();
  await expect(page.getByRole('button', { name: 'Sign out' })).toBeVisible();
}

for (const count of [1, 4]) {
  const tabsOpen = count === 1 ? 'one tab' : `${count} tabs`;

  test(`who signs out hears nothing private any longer, with ${tabsOpen}`, async ({ gated, context, page }) => {
    await signIn(page, gated, gated.tokenOf('Ada', 'staff'));
    await page.close();
    await gated.publish('staff', 'for all');
    await gated.publishPrivately('staff', 'for Ada');
    const tabs = await Tabs.open(gated, context, 'staff', count);
    await tabs.show(['for all', 'for Ada']);
    await tabs.areSignedIn(true);
    // Not the one that has the stream, where there are several.
    await tabs.pages.at(-1)!.getByRole('button', { name: 'Sign out' }).click();
    await tabs.show(['for all']);
    await tabs.areSignedIn(false);
    await gated.publishPrivately('staff', 'for Ada again');
    await tabs.another();
    await gated.publish('staff', 'for all again');
    await tabs.show(['for all', 'for all again']);
    await tabs.haveOneStream();
  });

  test(`who signs in hears what is private, with ${tabsOpen} open already`, async ({ gated, context }) => {
    await gated.publish('staff', 'for all');
    await gated.publishPrivately('staff', 'for Ada');
    const tabs = await Tabs.open(gated, context, 'staff', count);
    await tabs.show(['for all']);
    const door = await context.newPage();
    await signIn(door, gated, gated.tokenOf('Ada', 'staff'));
    await tabs.show(['for all', 'for Ada']);
    await tabs.areSignedIn(true);
    await gated.publishPrivately('staff', 'for Ada again');
    await tabs.another();
    await tabs.show(['for all', 'for Ada', 'for Ada again']);
    await tabs.haveOneStream();
  });

  test(`who signs in in the place of another hears nothing of theirs, with ${tabsOpen}`, async ({ gated, context }) => {
    test.setTimeout(120_000);
    const door = await context.newPage();
    await signIn(door, gated, gated.tokenOf('Ada', 'staff/ada'));
    await gated.publishPrivately('staff/ada', 'for Ada');
    await gated.publishPrivately('staff/bob', 'for Bob');
    const ada = await Tabs.open(gated, context, 'staff/ada', count);
    await ada.show(['for Ada']);
    await door.goto(`${gated.origin}/status`);
    await door.getByRole('main').getByLabel('Token').fill(gated.tokenOf('Bob', 'staff/bob'));
    await door.getByRole('button', { name: 'Show status' }).click();
    await expect(door.getByTitle('Signed in as Bob')).toBeVisible();
    await ada.show([]);
    await gated.publishPrivately('staff/ada', 'for Ada again');
    await gated.publish('staff/ada', 'for all');
    await ada.another();
    await ada.show(['for all']);
    const bob = await Tabs.open(gated, context, 'staff/bob', 1);
    await gated.publishPrivately('staff/bob', 'for Bob again');
    await bob.show(['for Bob', 'for Bob again']);
    await bob.haveOneStream();
  });

  test(`a token that runs out is announced, and another is asked for, with ${tabsOpen}`, async ({ gated, context }) => {
    test.setTimeout(120_000);
    await gated.publishPrivately('staff', 'for Ada');
    // Enough for every tab to open on a busy machine.
    const token = gated.tokenOf('Ada', 'staff', count === 1 ? '10s' : '20s');
    await context.request.post(`${gated.origin}/login`, { data: token, headers: { 'content-type': 'text/plain' } });
    const tabs = await Tabs.open(gated, context, 'staff', count);
    await tabs.show(['for Ada']);
    for (const page of tabs.pages) {
      await expect(page.getByRole('alert')).toContainText('You’re no longer signed in', { timeout: 30_000 });
    }
    // What was seen stays, pale; what comes is what everybody hears.
    await tabs.areSignedIn(false);
    await gated.publishPrivately('staff', 'for Ada again');
    await gated.publish('staff', 'for all');
    await tabs.show(['for Ada', 'for all']);
    await tabs.haveOneStream();
    const [first] = tabs.pages;
    await first.getByLabel('Token').fill(gated.tokenOf('Ada', 'staff'));
    await first.getByRole('button', { name: 'Sign in' }).click();
    await tabs.areSignedIn(true);
    await tabs.show(['for Ada', 'for Ada again', 'for all']);
    await expect(first).toHaveURL(`${gated.origin}/console?topic=staff`);
    await expect(first.getByRole('alert')).toHaveCount(0);
  });
}

test('a sign-out that no page was told of is noticed: the server ends the stream', async ({ gated, context, page }) => {
  await signIn(page, gated, gated.tokenOf('Ada', 'staff'));
  await gated.publishPrivately('staff', 'for Ada');
  const tabs = await Tabs.open(gated, context, 'staff', 2);
  await tabs.show(['for Ada']);
  await context.request.delete(`${gated.origin}/login`, { headers: { 'sec-fetch-site': 'same-origin' } });
  await tabs.areSignedIn(false);
  await tabs.show([]);
});

test('the figures of the status stay when the token runs out, pale', async ({ gated, context, page }) => {
  const token = gated.tokenOf('Ada', 'status', '8s');
  await context.request.post(`${gated.origin}/login`, { data: token, headers: { 'content-type': 'text/plain' } });
  await page.goto(`${gated.origin}/status`);
  await expect(page.locator('.age')).toContainText('Live', { timeout: 6_000 });
  await expect(page.getByRole('alert')).toContainText('You’re no longer signed in', { timeout: 20_000 });
  await expect(page.locator('.status.stale')).toBeVisible({ timeout: 15_000 });
  await expect(page.getByRole('img').first()).toBeVisible();
  await page.getByLabel('Token').fill(gated.tokenOf('Ada', 'status'));
  await page.getByRole('button', { name: 'Sign in' }).click();
  await expect(page).toHaveURL(`${gated.origin}/status`);
  await expect(page.locator('.age')).toContainText('Live', { timeout: 15_000 });
  await expect(page.getByRole('alert')).toHaveCount(0);
});

/** The browser has kept a token that is not accepted. */
async function keepNonsense(context: BrowserContext, base: string): Promise<void> {
  const path = base || '/';
  await context.addCookies([{ name: 'belfry-token', value: 'nonsense', domain: '127.0.0.1', path, httpOnly: true }]);
}

test('a page that is rendered with a token that is not accepted says so, and goes on without', async ({ base, gated, context, page }) => {
  await keepNonsense(context, base);
  await gated.publish('staff', 'for all');
  await page.goto(`${gated.origin}/console?topic=staff`);
  await expect(page.getByRole('alert')).toContainText('You’re no longer signed in');
  await expect(page.locator('.masthead .bell')).toHaveAttribute('data-beat', /./, { timeout: 15_000 });
  expect(await context.cookies()).toEqual([]);
});

test('a token that is not accepted in the place of an ended one is told of, and the page stays', async ({ base, gated, context, page }) => {
  await keepNonsense(context, base);
  await gated.publish('staff', 'for all');
  await page.goto(`${gated.origin}/console?topic=staff`);
  await page.getByLabel('Token').fill('more nonsense');
  await page.getByRole('button', { name: 'Sign in' }).click();
  await expect(page).toHaveURL(`${gated.origin}/console?topic=staff&login=failed`);
  await expect(page.getByRole('alert')).toContainText('That token wasn’t accepted');
  await page.getByLabel('Token').fill(gated.tokenOf('Ada', 'staff'));
  await page.getByRole('button', { name: 'Sign in' }).click();
  await expect(page).toHaveURL(`${gated.origin}/console?topic=staff`);
  await expect(page.getByRole('button', { name: 'Sign out' })).toBeVisible();
});

test('what somebody began to write is gone when another signs in', async ({ gated, context, page }) => {
  await signIn(page, gated, gated.tokenOf('Ada', 'staff'));
  await page.goto(`${gated.origin}/chat/lobby`);
  const field = page.getByRole('textbox', { name: 'Message' });
  await expect(page.locator('.masthead .bell')).toHaveAttribute('data-beat', /./, { timeout: 10_000 });
  await field.fill('dear diary');
  await page.reload();
  await expect(field).toHaveValue('dear diary');
  // In another tab: this one reloads by itself.
  const door = await context.newPage();
  await door.goto(`${gated.origin}/`);
  await door.getByRole('button', { name: 'Sign out' }).click();
  await expect(page.getByRole('button', { name: 'Sign out' })).toHaveCount(0);
  await expect(field).toHaveValue('');
  await expect(page.locator('.masthead .bell')).toHaveAttribute('data-beat', /./, { timeout: 10_000 });
  await expect(field).toHaveValue('');
});

test('what somebody began to write outlives their token, for them alone', async ({ gated, context, page }) => {
  const token = gated.tokenOf('Ada', 'staff', '8s');
  await context.request.post(`${gated.origin}/login`, { data: token, headers: { 'content-type': 'text/plain' } });
  await page.goto(`${gated.origin}/chat/lobby`);
  const field = page.getByRole('textbox', { name: 'Message' });
  const live = () => expect(page.locator('.masthead .bell')).toHaveAttribute('data-beat', /./, { timeout: 10_000 });
  await live();
  await field.fill('dear diary');
  await expect(page.getByRole('alert')).toContainText('You’re no longer signed in', { timeout: 20_000 });
  await page.reload();
  await expect(field).toHaveValue('dear diary');
  // An open page would reload itself as soon as it hears about Bob.
  await page.goto('about:blank');
  const bob = gated.tokenOf('Bob', 'staff');
  await context.request.post(`${gated.origin}/login`, { data: bob, headers: { 'content-type': 'text/plain' } });
  await page.goto(`${gated.origin}/chat/lobby`);
  await live();
  await expect(field).toHaveValue('');
});

test('every page offers to sign out, and leads back to itself', async ({ gated, page }) => {
  for (const path of ['/', '/status', '/chat', '/chat/lobby', '/console?topic=staff', '/nothing/here']) {
    await signIn(page, gated, gated.tokenOf('Ada', 'staff'));
    await page.goto(`${gated.origin}${path}`);
    const out = page.getByRole('button', { name: 'Sign out' });
    await expect(out).toHaveAttribute('title', 'Signed in as Ada');
    await out.click();
    await expect(page).toHaveURL(`${gated.origin}${path}`);
    await expect(out).toHaveCount(0);
  }
});
