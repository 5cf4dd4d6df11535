//! What a screen reader finds where values change: the time page in Chinese, the status page in both
//! languages.

import { expect, test } from './test';

type Card = [heading: string, first: string, second: string, plot?: boolean];
type Words = { heading: string; live: string; machine: string; here: Card[]; belfry: Card[] };

/** A number, as `1,234.5`. */
const N = '[\\d,]+(\\.\\d+)?';
const BYTES = `${N}([KMGT]i)?B`;

const STATUS: Record<string, Words> = {
  'en-GB': {
    heading: 'Status', live: 'Live, updated every 2 s', machine: 'Host',
    here: [
      ['CPU', `${N}%`, `\\d+ cores?, busiest ${N} %`, true],
      ['Memory', BYTES, 'of .+B', true],
      ['Load', N, '5 min.+ · 15 min.+', true],
      ['Network', `${BYTES}/s`, 'received', true],
      ['Log disk', BYTES, 'free of .+B'],
      ['Uptime', '.+', 'since it started'],
    ],
    belfry: [
      ['Readers', '\\d+', 'open streams?', true],
      ['Events', `${N}/s`, 'published', true],
      ['Delivery latency', '.+', 'slowest in the last 2 s', true],
      ['Log', BYTES, 'in \\d+ events?'],
      ['Memory', BYTES, 'used by the process'],
      ['Dropped readers', '\\d+', '\\d+ stalled · \\d+ vanished'],
      ['Uptime', '.+', 'since it started'],
    ],
  },
  'zh-CN': {
    heading: '运行状态', live: '实时，每 2 秒更新', machine: '主机',
    here: [
      ['处理器', `${N}%`, `\\d+ 核，最忙 ${N} %`, true],
      ['内存', BYTES, '共 .+B', true],
      ['负载', N, `5 分钟 ${N} · 15 分钟 ${N}`, true],
      ['网络', `${BYTES}/s`, '接收', true],
      ['日志所在磁盘', BYTES, '可用，共 .+B'],
      ['已运行', '.+', '自.+'],
    ],
    belfry: [
      ['读者', '\\d+', '条连接', true],
      ['事件', `${N}/s`, '发布', true],
      ['送达延迟', '.+', '最近 2 秒内最慢的一次', true],
      ['日志', BYTES, '共 \\d+ 个事件'],
      ['内存', BYTES, '进程占用'],
      ['断开的读者', '\\d+', '停滞 \\d+ · 失联 \\d+'],
      ['已运行', '.+', '自.+'],
    ],
  },
};

for (const [locale, words] of Object.entries(STATUS)) {
  test.describe(locale, () => {
    test.use({ locale, timezoneId: 'UTC' });

    test('the status page is two regions of cards, a plot is an image', async ({ belfry, page, request }) => {
      // The plots are rendered with what was measured.
      const measured = async () => (await (await request.get(`${belfry.origin}/api/status`)).json()).at.length;
      await expect.poll(measured, { timeout: 15_000 }).toBeGreaterThan(2);
      await page.goto(`${belfry.origin}/status`);
      await expect(page.locator('.age')).toHaveText(words.live, { timeout: 15_000 });
      await expect(page.getByRole('main')).toMatchAriaSnapshot(`
        - main:
          - heading "${words.heading}" [level=1]
          - paragraph: ${words.live}
          - paragraph: /^\\S.+$/
          - region "${words.machine}":
            - heading "${words.machine}" [level=2]
${words.here.map((card) => written(card)).join('\n')}
          - region "Belfry":
            - heading /^Belfry \\d+\\.\\d+\\.\\d+ · \\S+$/ [level=2]
${words.belfry.map((card) => written(card)).join('\n')}
      `);
    });
  });
}

/** A card as a screen reader finds it. */
function written([heading, first, second, plot]: Card): string {
  const lines = [
    '- article:',
    `  - heading "${heading}" [level=3]`,
    `  - paragraph: /^${pattern(first)}$/`,
    `  - paragraph: /^${pattern(second)}$/`,
  ];
  if (plot) {
    // Its table comes with the first minute.
    lines.push('  - img');
  }
  return lines.map((line) => `            ${line}`).join('\n');
}

/** Between slashes a slash has to be marked. */
function pattern(text: string): string {
  return text.replaceAll('/', '\\/');
}

test.describe('the time page in Chinese', () => {
  test.use({ locale: 'zh-CN', timezoneId: 'UTC' });

  test('says what the English one says', async ({ belfry, visitor }) => {
    await visitor.page.goto(`${belfry.origin}/`);
    await expect(visitor.status).toHaveText('实时', { timeout: 20_000 });
    await expect(visitor.truth).toContainText('误差', { timeout: 20_000 });
    await expect(visitor.page.getByRole('main')).toMatchAriaSnapshot(`
      - main:
        - heading "服务器时间" [level=1]
        - paragraph: /^\\d{4}年\\d+月\\d+日星期. · 协调世界时$/
        - timer:
          - time: /^\\d+:\\d\\d:\\d\\d( \\.\\d)?$/
        - paragraph: /^误差 ± \\d+ 毫秒，以本服务器时钟为准 · 你的时钟.+（± \\d+ 毫秒）( · 本服务器的时钟未同步)?$/
        - status: 实时
        - paragraph:
          - button "24 小时制" [pressed]
          - button "UTC"
        - region "数据":
          - article:
            - heading "你的时钟与服务器对比" [level=2]
            - paragraph: /± \\d+ 毫秒$/
            - img "你的时钟与服务器的偏差：历次测量值及误差"
          - article:
            - heading "往返时间" [level=2]
            - paragraph: /^\\d+\\.\\d 毫秒$/
            - paragraph: 最近几次探测的最小值 · HTTP/1.1
          - article:
            - heading "服务器时钟" [level=2]
            - paragraph: /^(已同步|未同步|未知)$/
            - paragraph
          - article:
            - heading "当前在线" [level=2]
            - paragraph: "1"
            - paragraph: 条连接
          - article:
            - heading "最近推送" [level=2]
            - list:
              - listitem: /^\\d\\d:\\d\\d:\\d\\d\\.\\d{3}Z [+−]\\d+\\.\\d 毫秒$/
        - region "动手试试":
          - heading "动手试试" [level=2]
          - figure:
            - button "复制 curl"
            - code: /^curl -N http:\\/\\/127\\.0\\.0\\.1:\\d+\\/sse$/
          - figure:
            - button "复制 JavaScript"
            - code: /new EventSource\\('\\/sse'\\)/
    `);
  });
});
