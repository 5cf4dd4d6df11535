//! A room of the chat as a person finds it.

import { expect, type Locator, type Page } from '@playwright/test';

import type { Belfry } from './belfry';

/** The supervisor's promise: live within this time of the end of the trouble. */
const LIVE_WITHIN_MS = 20_000;

export class RoomPage {
  readonly name: Locator;
  readonly field: Locator;
  readonly send: Locator;
  /** The messages, those on their way too. */
  readonly said: Locator;
  /** What they scroll in. */
  readonly scroller: Locator;
  /** Who is here, in words. */
  readonly here: Locator;
  /** What is wrong with what is being written. */
  readonly problem: Locator;
  /** Leads to the newest message. */
  readonly pill: Locator;
  /** What a screen reader is told. */
  readonly spoken: Locator;

  constructor(readonly page: Page) {
    this.name = page.locator('#name');
    this.field = page.locator('#text');
    this.send = page.locator('.composer button');
    this.said = page.locator('.messages .said');
    this.scroller = page.locator('#messages');
    this.here = page.locator('.page-head .age');
    this.problem = page.locator('.composer [role=alert]');
    this.pill = page.locator('.to-end a');
    this.spoken = page.locator('.room > [aria-live=polite]');
  }

  /** Opens a room, and waits until it is live. */
  async open(origin: string, room = 'lobby'): Promise<this> {
    await this.page.goto(`${origin}/chat/${encodeURIComponent(room)}`);
    await this.isLive();
    return this;
  }

  /** Enters under a name. */
  async enter(origin: string, name: string): Promise<this> {
    await this.open(origin);
    await this.name.fill(name);
    await this.name.blur();
    return this;
  }

  async isLive(): Promise<void> {
    const bell = this.page.locator('.masthead .bell');
    await expect(bell).toHaveAttribute('data-beat', /./, { timeout: LIVE_WITHIN_MS });
    // Its own lease is the first thing that a room hears.
    await expect(this.here).toHaveText(/^[1-9]/, { timeout: LIVE_WITHIN_MS });
  }

  /** Writes a message, and sends it by the keyboard. */
  async say(text: string): Promise<void> {
    await this.field.fill(text);
    await this.field.press('Enter');
  }

  /** The messages of a text. */
  row(text: string): Locator {
    return this.said.filter({ has: this.page.locator('.text').getByText(text, { exact: true }) });
  }

  /** The texts of all messages, oldest first. */
  async texts(): Promise<string[]> {
    return this.page.locator('.said .text').allInnerTexts();
  }
}

/** Publishes as `belfry publish` does, what the chat itself would not take so fast. */
export async function fill(belfry: Belfry, room: string, count: number, first = 1): Promise<void> {
  for (let number = first; number < first + count; number += 1) {
    const name = ['Ada', 'Bob', '王小明'][Math.floor(number / 4) % 3];
    await belfry.publish(`chat/${room}`, JSON.stringify({ name, text: `message ${number}` }));
  }
}
