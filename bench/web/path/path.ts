import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { UserError } from "../../../src/lib/failure.ts";
import { percentile } from "../../../src/quickstart/percentiles.ts";
import { enterOwnNetwork } from "../../../test/support/own-network.ts";
import { writeJson } from "../../takeover/report.ts";
import { localPlace, untilListening, type Place } from "../place.ts";
import { aligned } from "../table.ts";
import { bulkMegabytes } from "./bulk.ts";
import { closedLoop, type LoopResult } from "./closed-loop.ts";
import type { PathOptions } from "./options.ts";
import { BULK, pathSubjects, startStaticServer, type PathSubjectName } from "./path-subjects.ts";
import { processorTimeUs } from "./processor-time.ts";
import { shortConnections } from "./short-connections.ts";

/** Before it is measured: code gets compiled, connections get made. */
const WARM_UP_MS = 1500;
/** How long new connections and large answers are measured. */
const OTHERS_MS = 2000;

/** One measurement of one way. */
interface Measured {
  readonly perSecond: number;
  readonly p50Us: number;
  readonly p99Us: number;
  readonly failed: number;
  /** Of the processor, for each request, in the proxy alone. */
  readonly processorUs: number;
  /** The same of client, proxy and server together, with what the kernel does in their name. */
  readonly allProcessorUs: number;
  /** New connections a second, each for one request. */
  readonly connectionsPerSecond: number;
  /** What goes through it of large answers. */
  readonly megabytesPerSecond: number;
}

/** What is said about one way. */
export interface PathSummary extends Measured {
  readonly way: PathSubjectName;
  readonly connections: number;
  readonly runs: number;
  readonly each: readonly Measured[];
}

/** Runs the ways by turns, each with nothing else running; the figures are medians. Resolves to whether no request failed. */
export async function benchPath(options: PathOptions): Promise<boolean> {
  // The kernel's rules are for this bench alone.
  const apart = options.ways.includes("kernel") && enterOwnNetwork();
  if (apart) throw new UserError(`The kernel route cannot be measured: ${apart}. Choose other ways with --way.`);
  const all = new Map(options.ways.map((way) => [way, [] as Measured[]]));
  for (let run = 0; run < options.runs; run += 1)
    for (const [way, measured] of all) {
      const one = await measure(way, options);
      measured.push(one);
      process.stderr.write(`${way}: ${Math.round(one.perSecond)}/s, p99 ${Math.round(one.p99Us)} µs\n`);
    }
  const summaries = [...all].map(([way, each]) => summarize(way, options, each));
  process.stdout.write(`${tableOf(summaries)}\n`);
  if (options.json !== null) await writeJson(options.json, summaries);
  return summaries.every(({ failed }) => failed === 0);
}

async function measure(way: PathSubjectName, options: PathOptions): Promise<Measured> {
  const place = await localPlace();
  const directory = mkdtempSync(join(tmpdir(), "understudy-path-"));
  const server = startStaticServer(place, place.servers.a, directory);
  try {
    await untilListening(place.servers.a);
    return await measureIn(place, directory, server.pid ?? 0, way, options);
  } finally {
    server.kill("SIGTERM");
    await sleep(100);
    rmSync(directory, { recursive: true, force: true });
  }
}

async function measureIn(
  place: Place,
  directory: string,
  server: number,
  way: PathSubjectName,
  { connections, seconds }: PathOptions,
): Promise<Measured> {
  const kind = pathSubjects[way];
  const subject = kind === null ? null : await kind.start(place, directory);
  const target = subject === null ? place.servers.a : place.proxy;
  try {
    await untilListening(target);
    await closedLoop(target, connections, WARM_UP_MS);
    const pid = subject?.child.pid;
    const used = (): Used => ({
      proxyUs: pid === undefined ? 0 : processorTimeUs(pid),
      // The server is no child's child, and the client is this process.
      othersUs: processorTimeUs(server) + ownTimeUs(),
    });
    const before = used();
    const result = await closedLoop(target, connections, seconds * 1000);
    const after = used();
    const spent = { proxyUs: after.proxyUs - before.proxyUs, othersUs: after.othersUs - before.othersUs };
    const connectionsPerSecond = await shortConnections(target, connections, OTHERS_MS);
    const megabytesPerSecond = await bulkMegabytes(target, BULK, OTHERS_MS);
    return { ...measuredOf(result, spent), connectionsPerSecond, megabytesPerSecond };
  } finally {
    subject?.child.kill("SIGTERM");
    await sleep(200);
    subject?.child.kill("SIGKILL");
  }
}

interface Used {
  readonly proxyUs: number;
  readonly othersUs: number;
}

function ownTimeUs(): number {
  const { user, system } = process.cpuUsage();
  return user + system;
}

function measuredOf(
  { requests, tookMs, failed, latenciesUs }: LoopResult,
  { proxyUs, othersUs }: Used,
): Omit<Measured, "connectionsPerSecond" | "megabytesPerSecond"> {
  const at = (part: number): number => latenciesUs[Math.min(requests - 1, Math.floor(requests * part))] ?? 0;
  return {
    perSecond: (requests / tookMs) * 1000,
    p50Us: at(0.5),
    p99Us: at(0.99),
    failed,
    processorUs: proxyUs / Math.max(1, requests),
    allProcessorUs: (proxyUs + othersUs) / Math.max(1, requests),
  };
}

function summarize(way: PathSubjectName, { connections, runs }: PathOptions, each: readonly Measured[]): PathSummary {
  const median = (of: (one: Measured) => number): number => percentile(each.map(of), 50);
  return {
    way,
    connections,
    runs,
    perSecond: median((one) => one.perSecond),
    p50Us: median((one) => one.p50Us),
    p99Us: median((one) => one.p99Us),
    processorUs: median((one) => one.processorUs),
    allProcessorUs: median((one) => one.allProcessorUs),
    connectionsPerSecond: median((one) => one.connectionsPerSecond),
    megabytesPerSecond: median((one) => one.megabytesPerSecond),
    failed: each.reduce((sum, one) => sum + one.failed, 0),
    each,
  };
}

const HEAD = ["way", "requests/s", "p50 µs", "p99 µs", "processor µs", "all µs", "connections/s", "MB/s", "failed"];

function tableOf(summaries: readonly PathSummary[]): string {
  const rows = summaries.map((summary) => {
    const { way, perSecond, p50Us, p99Us, processorUs, allProcessorUs, failed } = summary;
    const figures = [perSecond, p50Us, p99Us].map((figure) => String(Math.round(figure)));
    const others = [summary.connectionsPerSecond, summary.megabytesPerSecond].map((figure) =>
      String(Math.round(figure)),
    );
    const used = [processorUs, allProcessorUs].map((figure) => figure.toFixed(1));
    return [pathSubjects[way]?.title ?? "direct", ...figures, ...used, ...others, String(failed)];
  });
  return aligned([HEAD, ...rows], new Set(["way"]));
}
