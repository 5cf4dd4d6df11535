//! The page object of a chat room, as a person and a screen reader find it.

import { expect, type Locator, type Page } from '@playwright/test';

import type { Belfry } from './belfry';
import { WORDS } from './chat-words';

/** The supervisor's promise: live within this time of the end of the trouble. */
const LIVE_WITHIN_MS = 20_000;

/** A message as it is shown: the name stands above the first of an author's messages. */
export type Said = { name: string; text: string };

export class RoomPage {
  readonly heading: Locator;
  /** Who is here, in words. */
  readonly here: Locator;
  /** What the messages stand and scroll in. */
  readonly messages: Locator;
  /** The messages, oldest first, those on their way too. */
  readonly said: Locator;
  /** Their texts. */
  readonly texts: Locator;
  readonly name: Locator;
  /** What the name folds into once it is filled in. */
  readonly naming: Locator;
  readonly field: Locator;
  readonly send: Locator;
  /** What is wrong with what is being written. */
  readonly problem: Locator;
  /** Leads to what was said before. */
  readonly older: Locator;
  /** Leads to the newest message. */
  readonly pill: Locator;
  /** What a screen reader is told. */
  readonly spoken: Locator;

  constructor(
    readonly page: Page,
    readonly words = WORDS.en,
  ) {
    const main = page.getByRole('main');
    this.heading = main.getByRole('heading', { level: 1 });
    this.here = main.locator('.page-head .age');
    this.messages = page.locator('#messages');
    // Days and notices are items of the list too.
    this.said = this.messages.locator('.said');
    this.texts = this.said.locator('.text');
    this.name = page.locator('#name');
    this.naming = page.locator('#naming summary');
    this.field = page.locator('#text');
    this.send = main.locator('.composer button');
    this.problem = main.getByRole('alert');
    this.older = main.locator('.older a');
    this.pill = main.locator('.to-end a');
    this.spoken = page.locator('.room > [aria-live=polite]');
  }

  /** Goes to a room; returns the status of the answer. */
  async goto(origin: string, room = 'lobby'): Promise<number> {
    const answer = await this.page.goto(`${origin}/chat/${encodeURIComponent(room)}`);
    return answer!.status();
  }

  /** Goes to a room, and waits until it is live. */
  async open(origin: string, room = 'lobby'): Promise<this> {
    await this.goto(origin, room);
    await this.isLive();
    return this;
  }

  /** Enters under a name. */
  async enter(origin: string, name: string): Promise<this> {
    await this.open(origin);
    await this.rename(name);
    return this;
  }

  /** The page, a room's or that of all rooms, hears the server. */
  async hears(): Promise<void> {
    const bell = this.page.locator('.masthead .bell');
    await expect(bell).toHaveAttribute('data-beat', /./, { timeout: LIVE_WITHIN_MS });
  }

  /** So does the room. */
  async isLive(): Promise<void> {
    await this.hears();
    // Its own lease is the first thing that a room hears.
    await expect(this.here).toHaveText(/^[1-9]/, { timeout: LIVE_WITHIN_MS });
  }

  /** Says what one is called, where need be in the field that was folded. */
  async rename(name: string): Promise<void> {
    // A room that the browser makes is there a moment after its link was followed.
    await expect(this.field).toBeVisible();
    if (!(await this.name.isVisible())) {
      await this.naming.click();
    }
    await this.name.fill(name);
    await this.name.blur();
  }

  /** Writes a message, and sends it by the keyboard. */
  async say(text: string): Promise<void> {
    await this.field.fill(text);
    await this.field.press('Enter');
  }

  /** Writes a message, and sends it with the button, which needs no script. */
  async post(text: string, name?: string): Promise<void> {
    if (name !== undefined) {
      await this.rename(name);
    }
    await this.field.fill(text);
    await this.send.click();
  }

  /** The same, and waits until the server has it. */
  async tell(text: string, name?: string): Promise<void> {
    // What others say meanwhile does not count.
    const own = this.messages.locator('.said.own');
    const before = await own.count();
    await this.post(text, name);
    await expect(own).toHaveCount(before + 1);
    await expect(own.last().locator('.state')).toHaveText(this.words.delivered);
  }

  /** The messages of a text. */
  row(text: string): Locator {
    return this.said.filter({ has: this.page.locator('.text').getByText(text, { exact: true }) });
  }

  /** A line of the list that is no message. */
  notice(words: string): Locator {
    return this.messages.getByRole('listitem').filter({ hasText: words });
  }

  /** What is shown, to the last character: `innerText` would fold white space. */
  async shown(): Promise<Said[]> {
    return this.said.evaluateAll((items) =>
      items.map((item) => ({
        name: item.querySelector('.author')!.textContent!,
        text: item.querySelector('.text')!.textContent!,
      })),
    );
  }

  /** The page shows exactly these texts, in this order. */
  async shows(texts: string[], within = LIVE_WITHIN_MS): Promise<void> {
    const shown = async () => (await this.shown()).map(({ text }) => text);
    await expect.poll(async () => (await shown()).length, { timeout: within }).toBeGreaterThanOrEqual(texts.length);
    expect(await shown()).toEqual(texts);
  }
}

/** Publishes as `belfry publish` does, what the chat itself would not take so fast. */
export async function fill(belfry: Belfry, room: string, count: number, first = 1): Promise<void> {
  for (let number = first; number < first + count; number += 1) {
    const name = ['Ada', 'Bob', '王小明'][Math.floor(number / 4) % 3];
    await belfry.publish(`chat/${room}`, JSON.stringify({ name, text: `message ${number}` }));
  }
}
