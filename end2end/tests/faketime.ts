//! Sets the clock of a server under test apart from the browser’s, with libfaketime.

import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

const FOLDERS = ['/usr/lib', '/usr/lib64', '/usr/local/lib'];

/** The library, the one for programs with threads first. `undefined` where it is not installed. */
export const faketime = process.env.BELFRY_FAKETIME || (await find());

/** Why a test that needs it is skipped. */
export const NO_FAKETIME = 'needs libfaketime: apt-get install libfaketime, or set BELFRY_FAKETIME';

/** The server's clock is off from the start, and goes on as the machine's does. */
export function off(seconds: number): Record<string, string> {
  return { ...preload(), FAKETIME: written(seconds) };
}

/** A clock that can be set while the server runs. */
export class SettableClock {
  private readonly folder = mkdtempSync(path.join(tmpdir(), 'belfry-clock-'));
  private readonly file = path.join(this.folder, 'offset');

  constructor() {
    this.set(0);
  }

  /** Sets it off the machine's clock. */
  set(seconds: number): void {
    writeFileSync(this.file, written(seconds));
  }

  get env(): Record<string, string> {
    return { ...preload(), FAKETIME_TIMESTAMP_FILE: this.file, FAKETIME_NO_CACHE: '1' };
  }

  remove(): void {
    rmSync(this.folder, { recursive: true });
  }
}

function preload(): Record<string, string> {
  if (!faketime) {
    throw new Error(NO_FAKETIME);
  }
  // tokio's timers run by the monotonic clock, which nobody can set.
  return { LD_PRELOAD: faketime, FAKETIME_DONT_FAKE_MONOTONIC: '1' };
}

function written(seconds: number): string {
  return `${seconds < 0 ? '' : '+'}${seconds}s`;
}

async function find(): Promise<string | undefined> {
  for (const name of ['libfaketimeMT.so.1', 'libfaketime.so.1']) {
    for (const folder of FOLDERS) {
      const architectures = existsSync(folder) ? await readdir(folder) : [];
      const places = ['', ...architectures].map((inner) => path.join(folder, inner, 'faketime', name));
      const found = places.find((place) => existsSync(place));
      if (found) {
        return found;
      }
    }
  }
}
