import { defineConfig } from '@playwright/test';

import tests from './playwright.config';

// `npm run screenshots`: makes the pictures of the README from the running page.
export default defineConfig(tests, {
  testDir: './screenshots',
  workers: 1,
  use: { locale: 'en-GB', timezoneId: 'Europe/Berlin', reducedMotion: 'reduce' },
});
