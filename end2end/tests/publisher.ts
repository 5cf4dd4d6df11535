//! A publisher that does not stop: numbered events, one after the other.

import { expect } from '@playwright/test';

import type { Belfry } from './belfry';

/** Publishes numbered events one after the other until it is stopped, and says which. */
export class Publisher {
  readonly published: string[] = [];
  private running = true;
  private readonly done: Promise<void>;

  constructor(belfry: Belfry, topic: string) {
    this.done = (async () => {
      while (this.running) {
        const data = `event ${this.published.length + 1}`;
        await belfry.publish(topic, data);
        this.published.push(data);
        await new Promise((resolve) => setTimeout(resolve, 40));
      }
    })();
  }

  /** Goes on for this many events. */
  async more(events: number): Promise<void> {
    const target = this.published.length + events;
    await expect.poll(() => this.published.length, { timeout: 20_000 }).toBeGreaterThanOrEqual(target);
  }

  async stop(): Promise<string[]> {
    this.running = false;
    await this.done;
    return this.published;
  }
}
