//! Starts the server under test, `belfry`, with given flags and environment.

import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { type IncomingMessage } from 'node:http';
import https from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text as consumed } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** Of the release and the debug build the one that was made last: the site folder is its own. */
const [{ binary }] = ['release', 'debug']
  .map((profile) => ({
    binary: `${root}target/${profile}/belfry`,
    made: statSync(`${root}target/${profile}/hash.txt`, { throwIfNoEntry: false })?.mtimeMs ?? 0,
  }))
  .sort((one, other) => other.made - one.made);

/** How long the server may take to start, and to drain. */
const WITHIN_MS = 10_000;

export type Options = {
  /** Further arguments, as `['--interval', '1s']`. */
  flags?: string[];
  /** The address to listen on; the loopback one unless told otherwise. */
  host?: string;
  /** Further variables of the environment. */
  env?: Record<string, string>;
};

/** A server, which can end and come back on the same port. */
export class Belfry {
  /** What the server has logged, line by line, across restarts. */
  readonly log: string[] = [];
  /** With the base path if there is one, and without a slash at its end. */
  origin = '';
  port = 0;
  private child?: ChildProcess;
  /** The log outlives a restart, as it does for an operator. */
  private readonly folder = mkdtempSync(join(tmpdir(), 'belfry-'));
  private made?: string;

  private constructor(private readonly options: Options) {}

  static async start(options: Options = {}): Promise<Belfry> {
    const belfry = new Belfry(options);
    await belfry.run();
    return belfry;
  }

  /** Ends the server as an operator does, and starts it again where it was. */
  async restart(): Promise<void> {
    await this.stop();
    await this.run();
  }

  /** Has another server take its place while it runs, which then ends by itself. */
  async takeOver(): Promise<void> {
    const before = this.child!;
    const ended = once(before, 'exit');
    await this.run('--takeover');
    const [code] = await ended;
    if (code !== 0) {
      throw new Error(`the server that was taken over ended with ${code}\n${this.log.join('\n')}`);
    }
  }

  /** How many streams are open now, as the server has counted. */
  streams(): number {
    return Number(this.counts(/client (?:dis)?connected .* readers=(\d+)$/).at(-1) ?? 0);
  }

  /** How many were open at once, at most. */
  mostStreams(): number {
    return Math.max(0, ...this.counts(/client connected .* readers=(\d+)$/).map(Number));
  }

  private counts(pattern: RegExp): string[] {
    return this.log.flatMap((line) => pattern.exec(line)?.[1] ?? []);
  }

  /** Ends the server, loses its log but keeps its key, and starts it again. */
  async startOver(): Promise<void> {
    await this.stop();
    readdirSync(this.folder)
      .filter((name) => !name.includes('key'))
      .forEach((name) => rmSync(join(this.folder, name), { recursive: true }));
    await this.run();
  }

  /** A token that opens every topic. */
  token(): string {
    const args = ['token', '--data-dir', this.folder, '--publish', '*', '--read', '*', '--purge', '*'];
    this.made ??= execFileSync(binary, args, { encoding: 'utf8' }).trim();
    return this.made;
  }

  /** A token for somebody who may read some private events. */
  tokenOf(subject: string, read: string, expires = '1h'): string {
    const args = ['token', '--data-dir', this.folder, '--subject', subject, '--read', read, '--expires', expires];
    return execFileSync(binary, args, { encoding: 'utf8' }).trim();
  }

  /** Publishes only for those who may read the topic's private events. */
  async publishPrivately(topic: string, data: string): Promise<string> {
    return this.publish(topic, data, 'message', { private: '1' });
  }

  /** Publishes, and returns the event's id. */
  async publish(topic: string, data: string, type = 'message', more: Record<string, string> = {}): Promise<string> {
    const query = new URLSearchParams({ type, ...more });
    const url = `${this.origin}/topics/${topic}?${query}`;
    const headers = { authorization: `Bearer ${this.token()}` };
    const { status, text } = await (url.startsWith('https:') ? postUntrusted : post)(url, headers, data);
    if (status !== 200) {
      throw new Error(`${status}: ${text}`);
    }
    return JSON.parse(text).id;
  }

  /** Starts one of the commands that speak with the server, with a token that opens every topic. */
  command(...args: string[]): ChildProcess {
    const env = { ...withoutSettings(process.env), BELFRY_URL: this.origin, BELFRY_TOKEN: this.token() };
    return spawn(binary, args, { env, stdio: ['ignore', 'pipe', 'inherit'] });
  }

  /** Ends the server, and removes what it has stored. */
  async remove(): Promise<void> {
    await this.kill();
    rmSync(this.folder, { recursive: true });
  }

  /** Ends the server without a farewell. */
  async kill(): Promise<void> {
    await this.end('SIGKILL');
  }

  /** Ends the server as an operator does. */
  async stop(): Promise<void> {
    await this.end('SIGTERM');
  }

  /** Starts the server, on the port that it had before if it had one. */
  async run(...more: string[]): Promise<void> {
    const { flags = [], host = '127.0.0.1', env = {} } = this.options;
    const listen = ['--listen', `${host}:${this.port}`, '--data-dir', this.folder];
    const child = spawn(binary, [...listen, ...flags, ...more], {
      cwd: root,
      env: { ...withoutSettings(process.env), ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.child = child;
    lines(child.stderr!, (line) => this.log.push(line));
    this.origin = await new Promise<string>((resolve, reject) => {
      const late = setTimeout(() => failed('said no address'), WITHIN_MS);
      const failed = (why: string) => {
        clearTimeout(late);
        child.kill('SIGKILL');
        reject(new Error(`${binary} ${why}\n${this.log.join('\n')}`));
      };
      child.once('error', (error) => failed(`cannot be run: ${error.message}`));
      child.once('exit', (code) => failed(`ended with ${code}`));
      lines(child.stdout!, (line) => {
        const address = /^Belfry is listening on (https?:\/\/\S+)\/$/.exec(line)?.[1];
        if (address) {
          clearTimeout(late);
          child.removeAllListeners('exit');
          resolve(address);
        }
      });
    });
    this.port = Number(new URL(this.origin).port);
  }

  private async end(signal: NodeJS.Signals): Promise<void> {
    const child = this.child;
    if (!child || child.exitCode !== null || child.signalCode !== null) {
      return;
    }
    const exited = once(child, 'exit');
    child.kill(signal);
    const late = setTimeout(() => child.kill('SIGKILL'), WITHIN_MS);
    await exited;
    clearTimeout(late);
  }
}

type Answered = { status: number; text: string };

async function post(url: string, headers: Record<string, string>, body: string): Promise<Answered> {
  const answer = await fetch(url, { method: 'POST', headers, body });
  return { status: answer.status, text: await answer.text() };
}

/** To a server whose certificate nobody trusts, which `fetch` cannot be told to take. */
async function postUntrusted(url: string, headers: Record<string, string>, body: string): Promise<Answered> {
  const request = https.request(url, { method: 'POST', headers, agent: false, rejectUnauthorized: false });
  request.end(body);
  const [answer] = (await once(request, 'response')) as [IncomingMessage];
  return { status: answer.statusCode!, text: await consumed(answer) };
}

/** What a person has set for a server of their own must not reach the one under test. */
function withoutSettings(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const ours = (name: string) => /^(BELFRY|LEPTOS|FAKETIME)_?/.test(name);
  return Object.fromEntries(Object.entries(env).filter(([name]) => !ours(name)));
}

function lines(stream: NodeJS.ReadableStream, hear: (line: string) => void): void {
  let rest = '';
  stream.setEncoding('utf8');
  stream.on('data', (text: string) => {
    const parts = (rest + text).split('\n');
    rest = parts.pop() ?? '';
    parts.forEach(hear);
  });
}
