import type { HttpProxyStatus } from "../routes/http/http-proxy.ts";
import type { UpstreamStatus } from "../routes/http/pool.ts";
import type { UpstreamEvent } from "../routes/http/upstreams.ts";
import type { Paint } from "./paint.ts";

/** An earlier status, and how long ago it was: for what happens in a second. */
export interface Since {
  readonly status: HttpProxyStatus;
  readonly ms: number;
}

const HEAD = ["server", "role", "state", "requests/s", "under way", "p50", "p99", "failed", ""] as const;
const FIGURES = new Set<string>(["requests/s", "under way", "p50", "p99", "failed"]);

/** The status of a proxy of web servers for people: a line for the whole, a line for each server, the last events. */
export function renderWebStatus(
  status: HttpProxyStatus,
  since: Since | null,
  events: readonly string[],
  paint: Paint,
): readonly string[] {
  const { listen, clients, held, requests, refused, servers } = status;
  const where = `${listen.host}:${listen.port}`;
  const rate = since === null ? 0 : perSecond(requests - since.status.requests, since.ms);
  const facts = [`${clients} clients`, `${rate} requests/s`, `${held} waiting`, `${refused} refused`].join(", ");
  const [head = "", ...rows] = aligned([HEAD, ...servers.map((server) => rowOf(server, since))]);
  return [
    `${paint.head("understudy proxy")}  ${where}  ${facts}`,
    "",
    paint.dim(head),
    ...rows.map((row, at) => painted(row, servers[at]?.state, paint)),
    "",
    ...events.map((event) => paint.dim(event)),
  ];
}

/** An event as a line for people. */
export function eventLine({ event, group, server, text }: UpstreamEvent): string {
  const what = [group, server ?? "", event].filter((part) => part !== "").join(" ");
  return text === "" ? what : `${what}: ${text}`;
}

function painted(row: string, state: UpstreamStatus["state"] | undefined, paint: Paint): string {
  if (state === "up") return paint.good(row);
  return state === "down" ? paint.bad(row) : paint.warn(row);
}

function rowOf(server: UpstreamStatus, since: Since | null): readonly string[] {
  const before = since?.status.servers.find((one) => one.group === server.group && one.server === server.server);
  const rate = since === null || before === undefined ? 0 : perSecond(server.requests - before.requests, since.ms);
  const { tier, state, underWay, p50Ms, p99Ms, failed, why } = server;
  const figures = [String(rate), String(underWay), `${p50Ms} ms`, `${p99Ms} ms`, String(failed)];
  return [nameOf(server), tier === 0 ? "active" : "standby", state, ...figures, why];
}

function nameOf({ group, server }: UpstreamStatus): string {
  return group === "" ? server : `${group} ${server}`;
}

function perSecond(count: number, ms: number): number {
  return Math.round((count * 1000) / Math.max(1, ms));
}

function aligned(rows: readonly (readonly string[])[]): readonly string[] {
  const widths = HEAD.map((_, column) => Math.max(...rows.map((row) => (row[column] ?? "").length)));
  const cell = (text: string, column: number): string =>
    FIGURES.has(HEAD[column] ?? "") ? text.padStart(widths[column] ?? 0) : text.padEnd(widths[column] ?? 0);
  return rows.map((row) => row.map(cell).join("  ").trimEnd());
}
