//! The page object of `/`, as a person and a screen reader find it.

import { expect, type Locator, type Page } from '@playwright/test';

/** The supervisor's promise: live within this time of the end of the trouble. */
export const LIVE_WITHIN_MS = 20_000;

export class TimePage {
  /** The number that is the picture. */
  readonly timer: Locator;
  /** The same, with the instant that a program reads. */
  readonly time: Locator;
  /** What a screen reader hears of the link. */
  readonly status: Locator;
  /** What the eye sees of the link, with figures. */
  readonly pill: Locator;
  /** The line that makes the number honest. */
  readonly truth: Locator;
  readonly pushes: Locator;

  constructor(readonly page: Page) {
    this.timer = page.getByRole('timer');
    this.time = this.timer.locator('time');
    this.status = page.getByRole('status');
    this.pill = page.locator('.pill');
    this.truth = page.locator('.truth');
    this.pushes = this.card('Latest pushes').getByRole('listitem');
  }

  /** The card under a heading. */
  card(heading: string): Locator {
    const named = this.page.getByRole('heading', { name: heading, exact: true });
    return this.page.getByRole('article').filter({ has: named });
  }

  /** Opens the page of a server, and waits until it is live and its clock measured. */
  async open(origin: string): Promise<void> {
    await this.page.goto(`${origin}/`);
    await this.isLive();
  }

  async isLive(within = LIVE_WITHIN_MS): Promise<void> {
    await expect(this.status).toHaveText('Live', { timeout: within });
    await expect(this.truth).toContainText('Within ±', { timeout: within });
  }

  /** The shown instant, in milliseconds since the Unix epoch. */
  async instant(): Promise<number> {
    return Date.parse((await this.time.getAttribute('datetime')) ?? '');
  }

  /** Sets a mark that a reload would wipe out. */
  async mark(): Promise<void> {
    await this.page.evaluate(() => Object.assign(window, { marked: true }));
  }

  /** The page was not reloaded since it was marked. */
  async isMarked(): Promise<void> {
    expect(await this.page.evaluate(() => 'marked' in window), 'not reloaded').toBe(true);
  }
}
