//! The page object of `/console`.

import { expect, type Locator, type Page } from '@playwright/test';

/** The supervisor's promise: live within this time of the end of the trouble. */
const LIVE_WITHIN_MS = 20_000;

export class ConsolePage {
  readonly rows: Locator;
  /** Says that the connection is lost. */
  readonly banner: Locator;

  constructor(readonly page: Page) {
    this.rows = page.getByRole('main').getByRole('listitem');
    this.banner = page.locator('.banner');
  }

  /** Opens the console of a topic that has events already, and waits until it is live. */
  async open(origin: string, topic: string): Promise<void> {
    await this.page.goto(`${origin}/console?topic=${encodeURIComponent(topic)}`);
    await expect(this.rows).not.toHaveCount(0);
    await expect(this.page.locator('.masthead .bell')).toHaveAttribute('data-beat', /./, { timeout: 10_000 });
  }

  /** The data of every event, oldest first. */
  async heard(): Promise<string[]> {
    return (await this.page.locator('.rows .written').allInnerTexts()).reverse();
  }

  /** The page shows these from some event on, in this order and each once, and at least `atLeast`. */
  async showsTheEndOf(published: string[], atLeast: number): Promise<void> {
    await expect
      .poll(async () => (await this.heard()).at(-1), { timeout: LIVE_WITHIN_MS })
      .toBe(published.at(-1));
    const heard = await this.heard();
    expect(heard.length).toBeGreaterThanOrEqual(atLeast);
    expect(heard).toEqual(published.slice(-heard.length));
  }

  /** The page shows exactly these, in this order, and each once. */
  async shows(expected: string[]): Promise<void> {
    await expect(async () => {
      const heard = await this.heard();
      expect(heard.length).toBeGreaterThanOrEqual(expected.length);
    }).toPass({ timeout: LIVE_WITHIN_MS });
    expect(await this.heard()).toEqual(expected);
  }
}
