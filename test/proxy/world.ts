import { once } from "node:events";
import { connect, createServer, type AddressInfo, type Server, type Socket } from "node:net";
import type { TestContext } from "node:test";
import { systemClock } from "../../src/agent/system-clock.ts";
import type { Address, ProxyConfig } from "../../src/config/config.ts";
import { openProxy, type Proxy } from "../../src/routes/proxy/proxy.ts";
import { unknownView, type RouteView } from "../../src/routes/route.ts";

/** `a` is primary of term 1, `b` and `c` stream. */
export const steady: RouteView = {
  ...unknownView("db"),
  isFresh: true,
  needsStandbys: false,
  isCold: false,
  term: 1,
  primary: "a",
  open: true,
  readers: ["b", "c"],
  tolerated: ["b", "c"],
};

export const vacant: RouteView = { ...steady, primary: null, open: false };

/** A server of the test's own, and all connections that it has. */
export interface Toy {
  readonly address: Address;
  readonly sockets: Set<Socket>;
  close(): void;
}

export async function startToy(t: TestContext, serve: (socket: Socket) => void, port = 0): Promise<Toy> {
  const sockets = new Set<Socket>();
  const server = createServer({ allowHalfOpen: true, noDelay: true }, (socket) => {
    sockets.add(socket);
    socket.on("error", () => undefined);
    socket.once("close", () => sockets.delete(socket));
    serve(socket);
  });
  await listening(server, port);
  const close = (): void => {
    server.close();
    for (const socket of sockets) socket.destroy();
  };
  t.after(close);
  return { address: addressOf(server), sockets, close };
}

/** A port that nobody listens at, at the moment. */
export async function freePort(): Promise<number> {
  const server = createServer();
  await listening(server, 0);
  const { port } = addressOf(server);
  server.close();
  await once(server, "close");
  return port;
}

export async function startProxy(
  t: TestContext,
  members: Readonly<Record<string, Address>>,
  change: Partial<ProxyConfig> = {},
  speaksPostgres = true,
): Promise<{ proxy: Proxy; readWrite: Address; readOnly: Address; log: string[] }> {
  const [readWrite, readOnly] = [
    { host: "127.0.0.1", port: await freePort() },
    { host: "127.0.0.1", port: await freePort() },
  ];
  const config: ProxyConfig = {
    kind: "proxy",
    name: "main",
    readWrite,
    readOnly,
    holdMs: 2000,
    maxHeld: 1000,
    maxConnections: 2000,
    ...change,
  };
  const log: string[] = [];
  const proxy = await openProxy({
    group: "db",
    config,
    addresses: members,
    speaksPostgres,
    clock: systemClock,
    log: (text) => log.push(text),
  });
  t.after(() => proxy.close(0));
  return { proxy, readWrite, readOnly, log };
}

/** A client that remembers what it has heard. */
export class Client {
  readonly socket: Socket;
  heard: Buffer = Buffer.alloc(0);
  hasEnded = false;
  error: Error | null = null;

  constructor(address: Address) {
    this.socket = connect({ ...address, allowHalfOpen: true, noDelay: true });
    this.socket.on("data", (chunk: Buffer) => (this.heard = Buffer.concat([this.heard, chunk])));
    this.socket.once("end", () => {
      this.hasEnded = true;
      this.socket.end();
    });
    this.socket.on("error", (error) => (this.error = error));
    this.socket.once("close", () => (this.hasEnded = true));
  }

  get text(): string {
    return this.heard.toString("latin1");
  }

  /** Sends, and resolves once what it has heard fits. */
  async ask(bytes: Buffer | string, expected: RegExp): Promise<void> {
    this.socket.write(bytes);
    await this.hears(expected);
  }

  hears(expected: RegExp): Promise<void> {
    return until(
      () => expected.test(this.text),
      () => `heard ${JSON.stringify(this.text)} instead of ${expected}`,
    );
  }
}

export async function until(
  holds: () => boolean,
  what: () => string = () => "waited in vain",
  withinMs = 3000,
): Promise<void> {
  const endAtMs = performance.now() + withinMs;
  while (!holds()) {
    if (performance.now() > endAtMs) throw new Error(what());
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
}

async function listening(server: Server, port: number): Promise<void> {
  server.listen(port, "127.0.0.1");
  await once(server, "listening");
}

function addressOf(server: Server): Address {
  return { host: "127.0.0.1", port: (server.address() as AddressInfo).port };
}
