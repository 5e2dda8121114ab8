import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { percentile } from "../../../src/quickstart/percentiles.ts";
import { writeJson } from "../../takeover/report.ts";
import { localPlace, untilListening, type Place } from "../place.ts";
import { aligned } from "../table.ts";
import { closedLoop, type LoopResult } from "./closed-loop.ts";
import type { PathOptions } from "./options.ts";
import { pathSubjects, startStaticServer, type PathSubjectName } from "./path-subjects.ts";
import { processorTimeUs } from "./processor-time.ts";

/** Before it is measured: code gets compiled, connections get made. */
const WARM_UP_MS = 1500;

/** One measurement of one way. */
interface Measured {
  readonly perSecond: number;
  readonly p50Us: number;
  readonly p99Us: number;
  readonly failed: number;
  /** Of the processor, for each request, in the proxy alone. */
  readonly processorUs: number;
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
    return await measureIn(place, directory, way, options);
  } finally {
    server.kill("SIGTERM");
    await sleep(100);
    rmSync(directory, { recursive: true, force: true });
  }
}

async function measureIn(
  place: Place,
  directory: string,
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
    const beforeUs = pid === undefined ? 0 : processorTimeUs(pid);
    const result = await closedLoop(target, connections, seconds * 1000);
    const usedUs = pid === undefined ? 0 : processorTimeUs(pid) - beforeUs;
    return measuredOf(result, usedUs);
  } finally {
    subject?.child.kill("SIGTERM");
    await sleep(200);
    subject?.child.kill("SIGKILL");
  }
}

function measuredOf({ requests, tookMs, failed, latenciesUs }: LoopResult, usedUs: number): Measured {
  const at = (part: number): number => latenciesUs[Math.min(requests - 1, Math.floor(requests * part))] ?? 0;
  return {
    perSecond: (requests / tookMs) * 1000,
    p50Us: at(0.5),
    p99Us: at(0.99),
    failed,
    processorUs: usedUs / Math.max(1, requests),
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
    failed: each.reduce((sum, one) => sum + one.failed, 0),
    each,
  };
}

const HEAD = ["way", "requests/s", "p50 µs", "p99 µs", "processor µs", "failed"];

function tableOf(summaries: readonly PathSummary[]): string {
  const rows = summaries.map(({ way, perSecond, p50Us, p99Us, processorUs, failed }) => {
    const figures = [perSecond, p50Us, p99Us].map((figure) => String(Math.round(figure)));
    return [pathSubjects[way]?.title ?? "direct", ...figures, processorUs.toFixed(1), String(failed)];
  });
  return aligned([HEAD, ...rows], new Set(["way"]));
}
