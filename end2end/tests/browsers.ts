//! Launch options of the browsers that the tests drive, from environment variables.

import type { PlaywrightTestOptions, PlaywrightWorkerOptions } from '@playwright/test';

/** `$BELFRY_CHROMIUM`, else the one that Playwright has installed. */
export const chromium: Partial<PlaywrightTestOptions & PlaywrightWorkerOptions> = {
  browserName: 'chromium',
  launchOptions: {
    executablePath: process.env.BELFRY_CHROMIUM || undefined,
    args: [
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
      // Chromium's sandbox does not start as root, where containers often run.
      ...(process.getuid?.() === 0 ? ['--no-sandbox'] : []),
    ],
  },
};

/** A stock Firefox, driven over WebDriver BiDi. */
export const firefox = process.env.BELFRY_FIREFOX;
