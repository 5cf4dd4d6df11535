//! A lively room: a team of five, in two languages, over three days, in light and dark.

import { fileURLToPath } from 'node:url';

import { Belfry } from '../tests/belfry';
import { SettableClock } from '../tests/faketime';
import { RoomPage } from '../tests/room-page';
import { expect, test } from '../tests/test';

const images = fileURLToPath(new URL('../../docs/images', import.meta.url));
const SCREENS = { '': { width: 1440, height: 1000 }, '-phone': { width: 390, height: 844 } };
const LANGUAGES = { '': 'en-GB', '-zh': 'zh-CN' };
const ROOM = 'release';

/** How many days, hours and minutes ago somebody said something. */
type Said = [ago: [days: number, hours: number, minutes: number], name: string, text: string];

const TALK: Said[] = [
  [[2, 5, 12], 'Grace', 'The candidate is built: https://ci.example.com/belfry/builds/481'],
  [[2, 5, 11], 'Grace', 'Whoever has an hour: please try it with your own data.'],
  [[2, 4, 50], '王小明', '我来试升级。昨天的备份可以直接用吗？'],
  [[2, 4, 48], 'Linus', 'Yes. It is read only until you start the new version:\nbelfry --data-dir /srv/belfry-candidate --listen 127.0.0.1:4000'],
  [[2, 4, 31], '王小明', '升级顺利，120 万个事件，用了 3 秒。'],
  [[1, 7, 40], 'Ada', 'Good morning. The load test ran all night: 20,000 readers, nothing lost, nothing doubled.'],
  [[1, 7, 38], 'Ada', 'Figures: https://wiki.example.com/load-test#results'],
  [[1, 7, 20], '李雷', '太好了！延迟怎么样？'],
  [[1, 7, 18], 'Ada', 'Median 0.4 ms, 99 % under 3 ms.'],
  [[1, 3, 5], 'Grace', 'Then tomorrow at ten?'],
  [[1, 3, 2], 'Linus', 'Fine with me.'],
  [[1, 3, 1], '王小明', '没问题'],
  [[0, 0, 9], 'Grace', 'Starting. The old nodes drain first.'],
  [[0, 0, 7], '', 'deploy: 1 of 3 nodes on 1.0.0'],
  [[0, 0, 6], '', 'deploy: 3 of 3 nodes on 1.0.0'],
  [[0, 0, 4], 'Linus', 'All readers came back within 12 s, and each went on where it was.'],
  [[0, 0, 3], '李雷', '控制台和状态页都正常'],
];

const HERE = ['Grace', 'Linus', '王小明', '李雷'];

let belfry: Belfry;
const clock = new SettableClock();

test.beforeAll(async () => {
  belfry = await Belfry.start({ flags: ['--interval', '1s'], env: clock.env });
  for (const [[days, hours, minutes], name, text] of TALK) {
    clock.set(-((days * 24 + hours) * 60 + minutes) * 60);
    await belfry.publish(`chat/${ROOM}`, name ? JSON.stringify({ name, text }) : text);
  }
  clock.set(0);
});

test.afterAll(async () => {
  await belfry.remove();
  clock.remove();
});

for (const colorScheme of ['light', 'dark'] as const) {
  for (const [language, locale] of Object.entries(LANGUAGES)) {
    for (const [screen, viewport] of Object.entries(SCREENS)) {
      if (screen && language) continue;
      test.describe(`${colorScheme}${language}${screen}`, () => {
        test.use({ colorScheme, locale, viewport, deviceScaleFactor: screen ? 2 : 1 });

        test('chat', async ({ page, request }) => {
          for (const name of HERE) {
            const form = { browser: `browser${HERE.indexOf(name)}`, tab: 'tab', name };
            await request.post(`${belfry.origin}/chat/${ROOM}/here`, { form });
          }
          const room = await new RoomPage(page).open(belfry.origin, ROOM);
          await room.name.fill('Ada');
          await room.field.fill(language ? '我去更新文档' : 'I write the notes');
          await expect(room.here).toContainText('Ada');
          await room.field.focus();
          await page.screenshot({ path: `${images}/chat${language}-${colorScheme}${screen}.png` });
        });
      });
    }
  }
}
