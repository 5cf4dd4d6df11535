//! The fixtures of tests in a stock Firefox. Not Playwright's `page`: it cannot drive a Firefox that it did
//! not build itself.

import { test as base } from '@playwright/test';
import puppeteer, { type Browser, type Page } from 'puppeteer-core';

import { Belfry } from './belfry';
import { firefox } from './browsers';

/** Firefox starts slowly on a small machine. */
const STARTED_WITHIN_MS = 45_000;

type World = {
  /** What the server is started with beside its interval. */
  flags: string[];
  /** What the browser is told about its user. */
  preferences: Record<string, string>;
  /** Whether it takes certificates that nobody trusts. */
  acceptInsecureCerts: boolean;
  belfry: Belfry;
  browsing: Browser;
};

export const test = base.extend<World>({
  flags: [[], { option: true }],
  preferences: [{}, { option: true }],
  acceptInsecureCerts: [false, { option: true }],

  belfry: async ({ flags }, use) => {
    const belfry = await Belfry.start({ flags: ['--interval', '1s', ...flags] });
    await use(belfry);
    await belfry.remove();
  },

  browsing: async ({ preferences, acceptInsecureCerts }, use, test) => {
    test.skip(!firefox && !process.env.CI, 'needs Firefox: install it, or set BELFRY_FIREFOX');
    const browser = await puppeteer.launch({
      browser: 'firefox',
      executablePath: firefox,
      headless: true,
      acceptInsecureCerts,
      timeout: STARTED_WITHIN_MS,
      extraPrefsFirefox: preferences,
    });
    await use(browser);
    await browser.close();
  },
});

/** Opens a page, and waits until it hears the server. */
export async function open(page: Page, belfry: Belfry, path: string): Promise<void> {
  await page.goto(`${belfry.origin}${path}`);
  await page.waitForSelector('.masthead .bell[data-beat]:not([data-beat=""])', { timeout: 15_000 });
}

/** The text of an element, without marks of direction. */
export const text = (page: Page, selector: string) =>
  page.$eval(selector, (element) => element.textContent!.replaceAll(/[\u2068\u2069]/g, ''));

/** The texts of all elements. */
export const texts = (page: Page, selector: string) =>
  page.$$eval(selector, (all) => all.map((element) => element.textContent!.replaceAll(/[\u2068\u2069]/g, '')));
