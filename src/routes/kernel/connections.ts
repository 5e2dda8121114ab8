import { readFileSync } from "node:fs";
import { spawnSync } from "node:child_process";
import type { Address } from "../../config/config.ts";
import { Failure } from "../../lib/failure.ts";

/** A connection to the port that the kernel knows of. */
export interface Known {
  /** `SYN_SENT`, `ESTABLISHED`, `CLOSE`, … */
  readonly state: string;
  readonly client: Address;
  readonly upstream: Address;
  readonly mark: number;
  /** How long the kernel goes on to remember it when nothing more is said. */
  readonly leftMs: number;
}

const TABLE = "/proc/net/nf_conntrack";
const ESTABLISHED_FOR = "/proc/sys/net/netfilter/nf_conntrack_tcp_timeout_established";
/** As long as the proxy trusts a silent connection before it probes it. */
const SILENT_MS = 30_000;
const PROGRAM_MS = 3000;
/** Of these nothing is left to be reset. */
const OVER: readonly string[] = ["SYN_SENT", "CLOSE", "TIME_WAIT", "LAST_ACK", "NONE"];

/** All connections to `listen`, by any way that this system has to tell. Throws a `Failure` when there is none. */
export function connectionsTo(listen: Address): readonly Known[] {
  return knownIn(tableText(listen), listen);
}

/** The connections to `listen` in what `/proc/net/nf_conntrack` or `conntrack -L` says. */
export function knownIn(text: string, listen: Address): readonly Known[] {
  const to = ` dst=${listen.host} `;
  const port = ` dport=${listen.port} `;
  return text
    .split("\n")
    .filter((line) => line.includes(to) && line.includes(port))
    .map(knownOf)
    .filter((known) => known !== null)
    .filter(({ listen: at }) => at.host === listen.host && at.port === listen.port);
}

/** Whether one of its sides can still have something to say. */
export function stands({ state }: Known): boolean {
  return !OVER.includes(state);
}

/** Whether both sides have met and one of them has spoken lately. */
export function isAlive({ state, leftMs }: Known): boolean {
  return state === "ESTABLISHED" && leftMs >= establishedForMs() - SILENT_MS;
}

const LINE =
  /\btcp +6 +(\d+) +([A-Z_0-9]+) +src=(\S+) dst=(\S+) sport=(\d+) dport=(\d+) .*?src=(\S+) dst=\S+ sport=(\d+) dport=\d+ .*?mark=(\d+)/;

function knownOf(line: string): (Known & { readonly listen: Address }) | null {
  const found = LINE.exec(line);
  if (found === null) return null;
  const [, left, state = "", host = "", to = "", port, toPort, upstream = "", upstreamPort, mark] = found;
  return {
    state,
    client: { host, port: Number(port) },
    listen: { host: to, port: Number(toPort) },
    upstream: { host: upstream, port: Number(upstreamPort) },
    mark: Number(mark),
    leftMs: Number(left) * 1000,
  };
}

function tableText({ host, port }: Address): string {
  try {
    return readFileSync(TABLE, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw new Failure(`${TABLE}: ${(error as Error).message}`);
  }
  const args = ["-L", "-f", "ipv4", "-p", "tcp", "--orig-dst", host, "--orig-port-dst", String(port)];
  const { status, stdout, error } = spawnSync("conntrack", args, { encoding: "utf8", timeout: PROGRAM_MS });
  if (status === 0) return stdout;
  throw new Failure(`There is neither ${TABLE} nor a program conntrack that answers (${error?.message ?? status})`);
}

function establishedForMs(): number {
  try {
    return Number(readFileSync(ESTABLISHED_FOR, "utf8")) * 1000;
  } catch {
    // Then nothing is known of when somebody spoke.
    return Infinity;
  }
}
