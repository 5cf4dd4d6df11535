//! The page at `/chat/{room}` as a person and a screen reader find it.

import { expect, type Locator, type Page } from '@playwright/test';

/** The words of the chat that tests look for. */
export const WORDS = {
  en: {
    messages: 'Messages',
    name: 'Your name',
    message: 'Message',
    send: 'Send',
    older: 'Older messages',
    newest: 'To the newest messages',
    nothing: 'Nobody has said anything here yet.',
    nobody: 'without a name',
    gap: 'Messages are missing here.',
    purged: 'Earlier messages were removed.',
    delivered: 'delivered',
    change: 'Change',
    room: 'Room',
    rooms: 'Rooms',
    enter: 'Enter',
    noName: 'Say who you are: a message has a name.',
    badName: 'This name cannot be used: it has up to 40 characters, all of which can be seen as what they are.',
    noText: 'There is nothing to send.',
    longText: 'This is too long: a message has up to 4,096 bytes.',
    badText: 'This holds a character that cannot be shown.',
    tooFast: 'That was very fast. Wait a few seconds, then send it again.',
    elsewhere: 'This came from a page of another site, and was not sent.',
    notARoom: 'No room can have such a name.',
    notOpen: 'There is no such room here.',
    off: 'This server has no chat.',
  },
  zh: {
    messages: '消息',
    name: '你的名字',
    message: '消息',
    send: '发送',
    older: '更早的消息',
    newest: '回到最新消息',
    nothing: '这里还没有人说过话。',
    nobody: '未署名',
    gap: '此处缺少部分消息。',
    purged: '较早的消息已被删除。',
    delivered: '已送达',
    change: '修改',
    room: '房间',
    rooms: '房间',
    enter: '进入',
    noName: '请先填写名字，消息需要署名。',
    badName: '不能用这个名字：最长 40 个字符，且每个字符都要清晰可见。',
    noText: '没有可发送的内容。',
    longText: '内容过长：一条消息最长 4,096 字节。',
    badText: '内容含有无法显示的字符。',
    tooFast: '发送得太快了。请稍等几秒再重新发送。',
    elsewhere: '请求来自其他网站的页面，未发送。',
    notARoom: '房间不能用这个名称。',
    notOpen: '这里没有这个房间。',
    off: '这台服务器没有开启聊天。',
  },
};

/** A message as it is shown: the name stands above the first of an author's messages. */
export type Said = { name: string; text: string };

export class ChatPage {
  readonly heading: Locator;
  /** How many are here, and who. */
  readonly here: Locator;
  /** What the messages stand in. */
  readonly messages: Locator;
  /** The messages, oldest first. */
  readonly said: Locator;
  /** Their texts. */
  readonly texts: Locator;
  readonly name: Locator;
  readonly text: Locator;
  readonly send: Locator;
  /** Why what was to be said was not. */
  readonly problem: Locator;
  readonly older: Locator;

  constructor(
    readonly page: Page,
    readonly words = WORDS.en,
  ) {
    const main = page.getByRole('main');
    this.heading = main.getByRole('heading', { level: 1 });
    this.here = main.locator('.page-head p');
    this.messages = main.getByRole('group', { name: words.messages });
    // Days and notices are items of the list too.
    this.said = this.messages.getByRole('listitem').filter({ has: page.locator('.text') });
    this.texts = this.said.locator('.text');
    this.name = main.getByRole('textbox', { name: words.name });
    this.text = main.getByRole('textbox', { name: words.message, exact: true });
    this.send = main.getByRole('button', { name: words.send });
    this.problem = main.getByRole('alert');
    this.older = main.getByRole('link', { name: words.older });
  }

  /** Goes to a room; returns the status of the answer. */
  async goto(origin: string, room = 'lobby'): Promise<number> {
    const answer = await this.page.goto(`${origin}/chat/${encodeURIComponent(room)}`);
    return answer!.status();
  }

  /** Goes to a room, and waits until it is live. */
  async open(origin: string, room = 'lobby'): Promise<void> {
    await this.goto(origin, room);
    await this.isLive();
  }

  async isLive(): Promise<void> {
    await expect(this.page.locator('.masthead .bell')).toHaveAttribute('data-beat', /./, { timeout: 20_000 });
  }

  /** Writes a message and sends it with the button. */
  async say(text: string, name?: string): Promise<void> {
    if (name !== undefined) {
      await this.name.fill(name);
    }
    await this.text.fill(text);
    await this.send.click();
  }

  /** Says it, and waits until the server has it. */
  async tell(text: string, name?: string): Promise<void> {
    const before = await this.said.count();
    await this.say(text, name);
    await expect(this.said).toHaveCount(before + 1);
    await expect(this.said.last().locator('.state')).toHaveText(this.words.delivered);
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
  async shows(texts: string[], within = 20_000): Promise<void> {
    const shown = async () => (await this.shown()).map(({ text }) => text);
    await expect.poll(async () => (await shown()).length, { timeout: within }).toBeGreaterThanOrEqual(texts.length);
    expect(await shown()).toEqual(texts);
  }
}
