import { defineConfig } from '@playwright/test';

import { chromium } from './tests/browsers';

const CLOCK = ['clock.spec.ts', 'clock-set.spec.ts'];
const TABS = ['tabs.spec.ts', 'unseen.spec.ts', 'unread.spec.ts', 'here.spec.ts', 'lighthouse.spec.ts', 'tls-tabs.spec.ts'];

/** The main paths, which are walked under a base path too. */
const MAIN = /\/(page|navigation|languages|identity|status|console|talk|policy|without-script|chat-without-script)\.spec\.ts$/;

// No `webServer`: each test starts the servers that it needs, on ports of their own.
export default defineConfig<{ base: string }>({
  testDir: './tests',
  outputDir: './test-results',
  // By test and not by file: the slow ones stand together.
  fullyParallel: true,
  workers: 2,
  retries: 0,
  forbidOnly: Boolean(process.env.CI),
  reporter: 'list',
  timeout: 60_000,
  expect: { timeout: 5_000 },
  // Many tabs fill two cores by themselves, and so does Lighthouse. The clock is measured when nothing else runs: what is
  // drawn late is shown late.
  projects: [
    { name: 'pages', testIgnore: [...CLOCK, ...TABS] },
    { name: 'base', testMatch: MAIN, use: { base: '/belfry' } },
    { name: 'tabs', testMatch: TABS, dependencies: ['pages', 'base'], fullyParallel: false, workers: 1 },
    { name: 'clock', testMatch: CLOCK, dependencies: ['tabs'], fullyParallel: false, workers: 1 },
  ],
  use: {
    ...chromium,
    // A trace takes pictures all the time, which the two cores of a small machine would feel.
    screenshot: 'only-on-failure',
  },
});
