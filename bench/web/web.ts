import { messageOf } from "../../src/lib/failure.ts";
import { spreadOf, type Spread } from "../../src/quickstart/percentiles.ts";
import { whyNoHosts } from "../../test/hosts/system.ts";
import { writeJson } from "../takeover/report.ts";
import type { ClientSeen } from "./faults/client-messages.ts";
import { webFaults, type WebFault, type WebFaultName } from "./faults/faults.ts";
import { runWebFault } from "./faults/run-web-fault.ts";
import type { WebOptions } from "./options.ts";
import { subjects, type SubjectName } from "./subjects/subjects.ts";
import { aligned } from "./table.ts";

/** What is said about one proxy and one fault. */
export interface WebSummary {
  readonly fault: WebFaultName;
  readonly proxy: SubjectName;
  readonly keepAlive: boolean;
  readonly runs: number;
  readonly requests: number;
  /** In all runs together: those that may be repeated, and those that may not. */
  readonly failed: number;
  readonly failedPosts: number;
  readonly failedBefore: number;
  readonly gapMs: Spread;
  readonly maxGapMs: number | null;
  /** Whether our promise was kept; for the others it says whether they would have kept it. */
  readonly isKept: boolean;
  readonly reasons: Readonly<Record<string, number>>;
  readonly problems: readonly string[];
}

/** Runs what is asked for: the proxies by turns, so that all meet the same machine. Resolves to whether ours kept its promises. */
export async function benchWeb(options: WebOptions): Promise<boolean> {
  const summaries: WebSummary[] = [];
  for (const fault of options.faults) summaries.push(...(await summariesOf(fault, options)));
  process.stdout.write(`Longest time without a good answer, in milliseconds\n\n${tableOf(summaries)}\n`);
  if (options.json !== null) await writeJson(options.json, summaries);
  return summaries.every(({ proxy, isKept }) => proxy !== "ours" || isKept);
}

async function summariesOf(fault: WebFaultName, { proxies, runs }: WebOptions): Promise<readonly WebSummary[]> {
  const why = webFaults[fault].needsHosts ? whyNoHosts() : null;
  if (why !== null) {
    process.stderr.write(`${fault} is left out: ${why}\n`);
    return [];
  }
  const cases = [true, false].flatMap((keepAlive) =>
    proxies.map((proxy) => ({ proxy, keepAlive, seen: [] as Seen[] })),
  );
  for (let run = 0; run < runs; run += 1)
    for (const { proxy, keepAlive, seen } of cases) seen.push(await once(fault, proxy, keepAlive));
  return cases.map(({ proxy, keepAlive, seen }) => summarize(fault, proxy, keepAlive, seen));
}

type Seen = ClientSeen | string;

async function once(fault: WebFaultName, proxy: SubjectName, keepAlive: boolean): Promise<Seen> {
  const name = `${fault}, ${subjects[proxy].title}, ${keepAlive ? "kept" : "new"} connections`;
  try {
    const seen = await runWebFault(webFaults[fault], subjects[proxy], keepAlive);
    const { failed, failedPosts, gapMs } = seen;
    process.stderr.write(
      `${name}: ${failed} failed, ${failedPosts} posts, gap ${Math.round(gapMs)} ms ${JSON.stringify(seen.reasons)}\n`,
    );
    return seen;
  } catch (error) {
    process.stderr.write(`${name}: ${messageOf(error)}\n`);
    return messageOf(error);
  }
}

function summarize(fault: WebFaultName, proxy: SubjectName, keepAlive: boolean, all: readonly Seen[]): WebSummary {
  const seen = all.filter((one) => typeof one !== "string");
  const problems = all.filter((one) => typeof one === "string");
  const sum = (of: (one: ClientSeen) => number): number => seen.reduce((total, one) => total + of(one), 0);
  const gapMs = spreadOf(seen.map((one) => one.gapMs));
  const { maxGapMs, maxFailedPosts }: WebFault = webFaults[fault];
  const failed = sum((one) => one.failed);
  const failedPosts = sum((one) => one.failedPosts);
  const arePostsGood = maxFailedPosts === null || failedPosts <= maxFailedPosts;
  const reasons: Record<string, number> = {};
  for (const one of seen)
    for (const [why, times] of Object.entries(one.reasons)) reasons[why] = (reasons[why] ?? 0) + times;
  return {
    fault,
    proxy,
    keepAlive,
    runs: all.length,
    requests: sum((one) => one.requests),
    failed,
    failedPosts,
    failedBefore: sum((one) => one.failedBefore),
    gapMs,
    maxGapMs,
    isKept: problems.length === 0 && failed === 0 && arePostsGood && (maxGapMs === null || gapMs.p50 <= maxGapMs),
    reasons,
    problems,
  };
}

const HEAD = ["fault", "connections", "proxy", "runs", "min", "p50", "max", "failed", "failed POSTs", "promised"];

function tableOf(summaries: readonly WebSummary[]): string {
  const rows = summaries.map(({ fault, keepAlive, proxy, runs, gapMs, failed, failedPosts, maxGapMs, isKept }) => {
    const gaps = [gapMs.min, gapMs.p50, gapMs.max].map((ms) => String(Math.round(ms)));
    const limit = maxGapMs === null ? "0 failed" : `0 failed, p50 ${maxGapMs}`;
    const promised = proxy === "ours" ? `${limit} ${isKept ? "ok" : "NOT KEPT"}` : "";
    const names = [fault, keepAlive ? "kept" : "new", subjects[proxy].title, String(runs)];
    return [...names, ...gaps, String(failed), String(failedPosts), promised];
  });
  return aligned([HEAD, ...rows], new Set(["fault", "connections", "proxy", "promised"]));
}
