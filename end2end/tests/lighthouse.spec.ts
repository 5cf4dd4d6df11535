//! Lighthouse, with its mobile settings, on every page: nothing to improve in accessibility, best practices
//! and search. Performance is reported, and not judged: it depends on the machine.

import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

import { chromium } from './browsers';
import { expect, test } from './test';

const lighthouse = fileURLToPath(new URL('../node_modules/lighthouse/cli/index.js', import.meta.url));

/** What is asked of each page; the missing page is not to be found by search engines. */
const JUDGED = ['accessibility', 'best-practices', 'seo'];
const PAGES = { '/': JUDGED, '/status': JUDGED, '/console?topic=numbers': JUDGED, '/chat': JUDGED, '/chat/lobby': JUDGED };

type Audit = { id: string; title: string; score: number | null; displayValue?: string };
type Report = {
  categories: Record<string, { score: number; auditRefs: { id: string; weight: number }[] }>;
  audits: Record<string, Audit>;
};

for (const [path, judged] of Object.entries(PAGES)) {
  for (const language of ['en', 'zh-CN']) {
    test(`${path} in ${language}`, async ({ belfry }, { annotations }) => {
      test.setTimeout(180_000);
      await belfry.publish('numbers', 'one');
      await belfry.publish('chat/lobby', JSON.stringify({ name: 'Ada', text: 'see https://example.com/' }));
      const report = await measure(`${belfry.origin}${path}`, language);
      for (const category of judged) {
        expect(lost(report, category), category).toEqual([]);
        expect(report.categories[category].score, category).toBe(1);
      }
      const { score } = report.categories.performance;
      const slow = lost(report, 'performance').join('; ');
      annotations.push({ type: 'performance', description: `${Math.round(score * 100)}: ${slow}` });
      console.log(`lighthouse ${path} ${language}: performance ${Math.round(score * 100)} (${slow})`);
    });
  }
}

/** The audits that cost a category its full score. */
function lost({ categories, audits }: Report, category: string): string[] {
  return categories[category].auditRefs
    .filter(({ id, weight }) => weight > 0 && audits[id].score !== null && audits[id].score < 1)
    .map(({ id }) => [id, audits[id].displayValue].filter(Boolean).join(' '));
}

/** A trace that Chromium did not record is no report: then, as Lighthouse says itself, it is run again. */
async function measure(url: string, language: string): Promise<Report> {
  for (let again = 2; ; again -= 1) {
    try {
      return await run(url, language);
    } catch (error) {
      if (again === 0 || !String(error).includes('Please run Lighthouse again')) {
        throw error;
      }
    }
  }
}

async function run(url: string, language: string): Promise<Report> {
  const { executablePath, args = [] } = chromium.launchOptions ?? {};
  const { stdout } = await promisify(execFile)(
    process.execPath,
    [
      lighthouse,
      url,
      '--quiet',
      '--output=json',
      `--extra-headers=${JSON.stringify({ 'accept-language': language })}`,
      `--chrome-flags=${['--headless=new', ...args].join(' ')}`,
    ],
    { env: { ...process.env, CHROME_PATH: executablePath }, maxBuffer: 64 * 1024 * 1024 },
  );
  return JSON.parse(stdout) as Report;
}
