//! A TCP proxy with a bad network in it: bytes pass unchanged, but late or never.

import { createServer, type Server, type Socket, connect } from 'node:net';
import { once } from 'node:events';

/** How long bytes take, in milliseconds; asked again for each piece, which never overtakes another. */
export type Delay = () => number;

/** What becomes of a connection. */
type Mode =
  | { kind: 'pass' }
  | { kind: 'refuse' }
  | { kind: 'answer'; status: string; page: string };

/** Between the browser and the server, on a port of its own. */
export class Proxy {
  /** With the base path of the server if it has one, and without a slash at its end. */
  readonly origin: string;
  /** How many requests for the stream were answered by the proxy itself. */
  streamsAnswered = 0;
  private mode: Mode = { kind: 'pass' };
  private swallowing = false;
  private readonly sockets = new Set<Socket>();
  private readonly lanes = new Set<Lane>();

  private constructor(
    private readonly server: Server,
    private readonly target: () => number,
    private readonly delays: { up: Delay; down: Delay },
    private readonly from: string,
    base: string,
  ) {
    const address = server.address() as { port: number };
    this.origin = `http://127.0.0.1:${address.port}${base}`;
    server.on('connection', (socket) => this.accept(socket));
  }

  /** Passes on to a port of this machine; `from` is the address that the server sees, `base` its base path. */
  static async to(
    target: () => number,
    delays: Partial<{ up: Delay; down: Delay }> = {},
    from = '127.0.0.1',
    base = '',
  ): Promise<Proxy> {
    const server = createServer({ noDelay: true });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const none = () => 0;
    return new Proxy(server, target, { up: none, down: none, ...delays }, from, base);
  }

  /** Cuts what is open. */
  cut(): void {
    this.sockets.forEach((socket) => socket.destroy());
  }

  /** Keeps connections open, and accepts new ones, but passes nothing. */
  swallow(): void {
    this.swallowing = true;
  }

  /** Passes on again, beginning with what has gathered: as TCP does after a network was gone. */
  release(): void {
    this.swallowing = false;
    this.lanes.forEach((lane) => lane.flush());
  }

  /** Cuts what is open, and every new connection at once. */
  refuse(): void {
    this.mode = { kind: 'refuse' };
    this.cut();
  }

  /** Cuts what is open, and answers every request itself, as a proxy whose server is away does. */
  answer(status: string, page = ''): void {
    this.mode = { kind: 'answer', status, page };
    this.cut();
  }

  /** Passes on as at the beginning. */
  pass(): void {
    this.mode = { kind: 'pass' };
    this.cut();
  }

  async stop(): Promise<void> {
    const closed = once(this.server, 'close');
    this.server.close();
    this.cut();
    await closed;
  }

  private accept(socket: Socket): void {
    this.keep(socket);
    switch (this.mode.kind) {
      case 'refuse':
        socket.destroy();
        break;
      case 'answer':
        this.answerOn(socket, this.mode);
        break;
      case 'pass': {
        const server = connect({ port: this.target(), host: '127.0.0.1', localAddress: this.from, noDelay: true });
        this.keep(server);
        this.lane(socket, server, this.delays.up);
        this.lane(server, socket, this.delays.down);
      }
    }
  }

  private answerOn(socket: Socket, { status, page }: { status: string; page: string }): void {
    socket.once('data', (request) => {
      this.streamsAnswered += /^GET \S*\/sse/.test(request.toString()) ? 1 : 0;
      const head = `content-type: text/html\r\ncontent-length: ${page.length}\r\nconnection: close`;
      socket.end(`HTTP/1.1 ${status}\r\n${head}\r\n\r\n${page}`);
    });
  }

  private keep(socket: Socket): void {
    this.sockets.add(socket);
    // A cut connection is what this proxy is for: `close` follows, and tells the other side.
    socket.on('error', () => {});
    socket.on('close', () => this.sockets.delete(socket));
  }

  private lane(from: Socket, to: Socket, delay: Delay): void {
    const lane = new Lane(delay, () => this.swallowing);
    this.lanes.add(lane);
    from.on('data', (bytes) => lane.send(() => to.write(bytes)));
    from.on('close', () => {
      lane.send(() => {
        to.end();
        this.lanes.delete(lane);
      });
    });
  }
}

/** One direction of one connection: what is sent arrives later, in order. */
class Lane {
  private readonly waiting: { due: number; act: () => void }[] = [];
  private last = 0;
  private timer?: NodeJS.Timeout;

  constructor(
    private readonly delay: Delay,
    private readonly held: () => boolean,
  ) {}

  send(act: () => void): void {
    this.last = Math.max(this.last, performance.now() + this.delay());
    this.waiting.push({ due: this.last, act });
    this.flush();
  }

  /** Lets through what is due, and plans to come back for the rest: timers may fire early. */
  flush(): void {
    clearTimeout(this.timer);
    while (!this.held() && this.waiting.length > 0) {
      const wait = this.waiting[0].due - performance.now();
      if (wait > 0) {
        this.timer = setTimeout(() => this.flush(), Math.ceil(wait));
        return;
      }
      this.waiting.shift()!.act();
    }
  }
}
