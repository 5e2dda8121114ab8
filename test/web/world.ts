import { fork, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { Agent, request as ask } from "node:http";
import { connect, type Socket } from "node:net";
import type { TestContext } from "node:test";
import { fileURLToPath } from "node:url";
import { systemClock } from "../../src/agent/system-clock.ts";
import { type HttpProxy, type HttpProxyOptions, openHttpProxy } from "../../src/routes/http/http-proxy.ts";
import { DEFAULT_LIMITS, type Limits } from "../../src/routes/http/limits.ts";
import type { PoolOptions } from "../../src/routes/http/pool.ts";
import type { UpstreamConfig } from "../../src/routes/http/upstream.ts";
import type { UpstreamEvent } from "../../src/routes/http/upstreams.ts";
import { ANY_ANSWER, asking, DEFAULT_TIMES } from "../../src/routes/http/watch-upstreams.ts";
import { freePort } from "../proxy/world.ts";

const SERVER = fileURLToPath(new URL("web-server.ts", import.meta.url));

/** A web server in a process of its own; see `web-server.ts`. */
export class WebServer {
  readonly name: string;
  readonly port: number;
  child: ChildProcess | null = null;

  constructor(name: string, port: number) {
    this.name = name;
    this.port = port;
  }

  async start(): Promise<void> {
    this.child = fork(SERVER, [this.name, String(this.port)], { stdio: ["ignore", 2, 2, "ipc"] });
    await once(this.child, "message");
  }

  signal(signal: NodeJS.Signals): void {
    this.child?.kill(signal);
  }

  /** From now on it answers everything with 500. */
  breakDown(): void {
    this.child?.send("break down");
  }

  async kill(): Promise<void> {
    const { child } = this;
    if (child === null || child.exitCode !== null || child.signalCode !== null) return;
    child.kill("SIGKILL");
    await once(child, "exit");
  }
}

/** Starts servers with these names. */
export async function startServers(t: TestContext, ...names: readonly string[]): Promise<WebServer[]> {
  const servers: WebServer[] = [];
  for (const name of names) servers.push(new WebServer(name, await freePort()));
  t.after(() => Promise.all(servers.map((server) => server.kill())));
  await Promise.all(servers.map((server) => server.start()));
  return servers;
}

/** A proxy in this process: the first server is active, the others are its standbys. */
export interface World {
  readonly proxy: HttpProxy;
  readonly port: number;
  readonly events: UpstreamEvent[];
}

export async function startWebProxy(
  t: TestContext,
  ports: readonly number[],
  limits: Partial<Limits> = {},
  change: Partial<HttpProxyOptions> & Partial<Pick<PoolOptions, "balance" | "sticky" | "check" | "times">> = {},
): Promise<World> {
  const port = await freePort();
  const events: UpstreamEvent[] = [];
  const proxy = await openHttpProxy({
    listen: { host: "127.0.0.1", port },
    pools: [
      {
        name: "",
        servers: ports.map((to, at) => upstreamAt(to, at === 0 ? 0 : 1)),
        balance: "two",
        sticky: null,
        check: asking(ANY_ANSWER, systemClock),
        times: DEFAULT_TIMES,
        ...change,
      },
    ],
    rules: [],
    limits: { ...DEFAULT_LIMITS, ...limits },
    certificates: null,
    trusted: null,
    proxyProtocol: false,
    accessLog: null,
    clock: systemClock,
    tell: (event) => events.push(event),
    log: () => undefined,
    ...change,
  });
  t.after(() => proxy.close(0));
  return { proxy, port, events };
}

export function upstreamAt(port: number, tier: number): UpstreamConfig {
  return { name: `127.0.0.1:${port}`, address: { host: "127.0.0.1", port }, tier, weight: 1, term: 0 };
}

/** What a request brought. */
export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly text: string;
  readonly tookMs: number;
}

export interface AskOptions {
  readonly method?: string;
  readonly path?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Buffer;
  readonly agent?: Agent;
}

/** One request; rejects when the connection fails. */
export function get(port: number, options: AskOptions = {}): Promise<Answer> {
  const { method = "GET", path = "/", headers = {}, body, agent } = options;
  const startedMs = performance.now();
  return new Promise((resolve, reject) => {
    const asked = ask(
      { host: "127.0.0.1", port, method, path, headers: { ...headers }, agent: agent ?? new Agent(), timeout: 15_000 },
      (response) => {
        const parts: Buffer[] = [];
        response.on("data", (part: Buffer) => parts.push(part));
        response.once("error", reject);
        response.once("end", () => {
          const text = Buffer.concat(parts).toString("latin1");
          const tookMs = performance.now() - startedMs;
          resolve({ status: response.statusCode ?? 0, headers: response.headers, text, tookMs });
        });
      },
    );
    asked.once("timeout", () => asked.destroy(new Error("no answer")));
    asked.once("error", reject);
    asked.end(body);
  });
}

/** A connection on which the test writes every byte itself. */
export class Raw {
  readonly socket: Socket;
  heard = "";
  hasEnded = false;

  constructor(port: number) {
    this.socket = connect({ host: "127.0.0.1", port, allowHalfOpen: true, noDelay: true });
    this.socket.on("data", (bytes: Buffer) => (this.heard += bytes.toString("latin1")));
    this.socket.on("error", () => undefined);
    this.socket.once("end", () => (this.hasEnded = true));
    this.socket.once("close", () => (this.hasEnded = true));
  }

  send(text: string): void {
    this.socket.write(text, "latin1");
  }

  /** Waits until what was heard matches. */
  async hears(what: RegExp, withinMs = 5000): Promise<string> {
    await until(() => what.test(this.heard) || this.hasEnded, withinMs);
    if (!what.test(this.heard)) throw new Error(`heard ${JSON.stringify(this.heard)} and not ${String(what)}`);
    return this.heard;
  }

  async ends(withinMs = 5000): Promise<string> {
    await until(() => this.hasEnded, withinMs);
    this.socket.destroy();
    return this.heard;
  }
}

export async function until(holds: () => boolean | Promise<boolean>, withinMs = 5000): Promise<void> {
  const endAtMs = performance.now() + withinMs;
  while (!(await holds())) {
    if (performance.now() > endAtMs) throw new Error("it did not come to that in time");
    await new Promise((resolve) => setTimeout(resolve, 3));
  }
}
