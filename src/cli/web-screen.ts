import type { HttpProxy, HttpProxyStatus, UpstreamStatus } from "../routes/http/http-proxy.ts";
import type { UpstreamEvent } from "../routes/http/upstreams.ts";
import type { Paint } from "./paint.ts";
import { CLEAR, frame, HIDE_CURSOR, SHOW_CURSOR } from "./watch.ts";

const EVERY_MS = 500;
/** So many of the last events are shown. */
const SHOWN_EVENTS = 8;
const HEAD = ["server", "role", "state", "requests/s", "under way", "p50", "p99", "failed", ""] as const;

/** The proxy's status on a terminal, in place, until it is closed. */
export class WebScreen {
  readonly #paint: Paint;
  readonly #events: string[] = [];
  #before: { readonly status: HttpProxyStatus; readonly atMs: number } | null = null;
  #timer: NodeJS.Timeout | null = null;

  constructor(paint: Paint) {
    this.#paint = paint;
  }

  start(proxy: HttpProxy): void {
    process.stdout.write(HIDE_CURSOR + CLEAR);
    const draw = (): void => {
      process.stdout.write(frame([...this.#lines(proxy.status), "", this.#paint.dim("Ctrl-C ends this")]));
    };
    draw();
    this.#timer = setInterval(draw, EVERY_MS);
  }

  note(text: string): void {
    this.#events.push(text);
    if (this.#events.length > SHOWN_EVENTS) this.#events.shift();
  }

  close(): void {
    if (this.#timer === null) return;
    clearInterval(this.#timer);
    process.stdout.write(SHOW_CURSOR);
  }

  #lines(status: HttpProxyStatus): readonly string[] {
    const nowMs = performance.now();
    const before = this.#before;
    this.#before = { status, atMs: nowMs };
    const perSecond = (now: number, then: number | undefined): string =>
      before === null ? "" : String(Math.round(((now - (then ?? 0)) * 1000) / Math.max(1, nowMs - before.atMs)));
    const { listen, clients, held, requests, refused } = status;
    const rate = perSecond(requests, before?.status.requests);
    const rows = status.servers.map((one) => rowOf(one, perSecond(one.requests, requestsOf(before?.status, one))));
    return [
      `${this.#paint.head("understudy proxy")}  ${listen.host}:${listen.port}  ${clients} clients, ${rate || 0} requests/s, ${held} waiting, ${refused} refused`,
      "",
      ...aligned([HEAD, ...rows]).map((line, at) => this.#painted(line, at, status.servers)),
      "",
      ...this.#events.map((event) => this.#paint.dim(event)),
    ];
  }

  #painted(line: string, at: number, servers: readonly UpstreamStatus[]): string {
    const state = servers[at - 1]?.state;
    if (at === 0) return this.#paint.dim(line);
    if (state === "up") return this.#paint.good(line);
    return state === "down" ? this.#paint.bad(line) : this.#paint.warn(line);
  }
}

function requestsOf(status: HttpProxyStatus | undefined, { server }: UpstreamStatus): number | undefined {
  return status?.servers.find((one) => one.server === server)?.requests;
}

function rowOf(one: UpstreamStatus, rate: string): readonly string[] {
  const role = one.tier === 0 ? "active" : "standby";
  const times = [`${one.p50Ms} ms`, `${one.p99Ms} ms`];
  return [one.server, role, one.state, rate, String(one.underWay), ...times, String(one.failed), one.why];
}

function aligned(rows: readonly (readonly string[])[]): readonly string[] {
  const widths = HEAD.map((_, column) => Math.max(...rows.map((row) => (row[column] ?? "").length)));
  return rows.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join("  ")
      .trimEnd(),
  );
}

/** An event as a line for people. */
export function eventLine({ event, server, text }: UpstreamEvent): string {
  const what = server === null ? event : `${server} ${event}`;
  return text === "" ? what : `${what}: ${text}`;
}
