//! The real nginx before a server, with TLS and HTTP/2, set up by `deploy/nginx.conf`.

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { type AddressInfo, connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { Belfry } from './belfry';
import { certify } from './certificate';

const SHIPPED = new URL('../../deploy/nginx.conf', import.meta.url);

/** How long it may take to start. */
const WITHIN_MS = 10_000;

/** The distributions have it where only root looks. */
const PATH = `${process.env.PATH}:/usr/sbin:/usr/local/sbin`;

export class Nginx {
  private constructor(
    /** Without a slash at its end. */
    readonly origin: string,
    readonly belfry: Belfry,
    private readonly child: ChildProcess,
    private readonly folder: string,
  ) {}

  /** Starts a server as `deploy/nginx.conf` says, and nginx before it. */
  static async start(flags: string[] = []): Promise<Nginx> {
    const [port, other] = await freePorts(2);
    const origin = `https://localhost:${port}`;
    const behind = ['--public-url', origin, '--trusted-proxy', '127.0.0.1', '--rooms', 'any', '--interval', '1s'];
    const belfry = await Belfry.start({ flags: [...behind, ...flags] });
    const folder = mkdtempSync(join(tmpdir(), 'belfry-nginx-'));
    certify(folder);
    writeFileSync(join(folder, 'nginx.conf'), configuration(folder, port, other, belfry.port));
    const child = spawn('nginx', ['-p', folder, '-c', 'nginx.conf'], {
      env: { ...process.env, PATH },
      stdio: ['ignore', 'inherit', 'inherit'],
    });
    await listens(port, child);
    return new Nginx(origin, belfry, child, folder);
  }

  /** Ends both. */
  async stop(): Promise<void> {
    const exited = once(this.child, 'exit');
    this.child.kill('SIGKILL');
    await exited;
    rmSync(this.folder, { recursive: true });
    await this.belfry.remove();
  }
}

/** What is shipped, in what a main file says that matters; in one process, so that none stays behind. */
function configuration(folder: string, port: number, other: number, upstream: number): string {
  const site = readFileSync(SHIPPED, 'utf8')
    .replaceAll('127.0.0.1:3000', `127.0.0.1:${upstream}`)
    .replaceAll('/etc/ssl/belfry', folder)
    .replace('listen 443', `listen 127.0.0.1:${port}`)
    .replace('listen 80;', `listen 127.0.0.1:${other};`);
  const folders = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((it) => `${it}_temp_path ${it};`);
  return `${process.getuid?.() === 0 ? 'user root;' : ''} daemon off; master_process off; pid pid; error_log error.log;
    events { worker_connections 768; }
    http { sendfile on; tcp_nopush on; gzip on; access_log off; ${folders.join(' ')}\n${site}\n}\n`;
}

/** Ports that nobody has just now: nginx cannot say which one it was given. */
async function freePorts(count: number): Promise<number[]> {
  const servers = Array.from({ length: count }, () => createServer().listen(0, '127.0.0.1'));
  await Promise.all(servers.map((server) => once(server, 'listening')));
  const ports = servers.map((server) => (server.address() as AddressInfo).port);
  await Promise.all(servers.map((server) => once(server.close(), 'close')));
  return ports;
}

async function listens(port: number, child: ChildProcess): Promise<void> {
  const until = Date.now() + WITHIN_MS;
  for (;;) {
    const socket = connect({ port, host: '127.0.0.1' });
    const answered = await new Promise((resolve) => socket.on('connect', () => resolve(true)).on('error', () => resolve(false)));
    socket.destroy();
    if (answered) {
      return;
    }
    if (child.exitCode !== null || Date.now() > until) {
      throw new Error('nginx does not listen');
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
