import { planOf } from "./plan.ts";
import { run } from "./run.ts";

/** What became of some seeds. */
export interface Batch {
  readonly seeds: number;
  readonly failed: readonly number[];
  readonly marks: readonly string[];
  readonly calendarMs: number;
  readonly activeMs: number;
  readonly cpuMs: number;
  readonly terms: number;
  readonly events: number;
  /** The traces of all of them in one number, whatever their order: two versions of the code that give the same did the same. */
  readonly trace: number;
}

export const NO_BATCH: Batch = {
  seeds: 0,
  failed: [],
  marks: [],
  calendarMs: 0,
  activeMs: 0,
  cpuMs: 0,
  terms: 0,
  events: 0,
  trace: 0,
};

/** Runs the seeds from `from` up to, not including, `to`; with `twice` each is run again, and must go the same way. */
export async function runBatch(from: number, to: number, twice: boolean): Promise<Batch> {
  const failed: number[] = [];
  const marks = new Set<string>();
  let [calendarMs, activeMs, terms, events, trace] = [0, 0, 0, 0, 0];
  const before = process.cpuUsage();
  for (let seed = from; seed < to; seed++) {
    const outcome = await run(planOf(seed));
    const isSame = !twice || (await run(planOf(seed))).trace === outcome.trace;
    if (outcome.violations.length > 0 || !isSame) failed.push(seed);
    for (const mark of outcome.marks) marks.add(mark);
    for (const rule of outcome.rules) marks.add(`rule: ${rule}`);
    calendarMs += outcome.calendarMs;
    activeMs += outcome.activeMs;
    terms += outcome.terms;
    events += outcome.events;
    trace = (trace + Math.imul(outcome.trace ^ seed, 0x9e3779b1)) >>> 0;
  }
  const { user, system } = process.cpuUsage(before);
  return {
    seeds: to - from,
    failed,
    marks: [...marks],
    calendarMs,
    activeMs,
    cpuMs: (user + system) / 1000,
    terms,
    events,
    trace,
  };
}

/** Both together. */
export function added(a: Batch, b: Batch): Batch {
  return {
    seeds: a.seeds + b.seeds,
    failed: [...a.failed, ...b.failed],
    marks: [...new Set([...a.marks, ...b.marks])],
    calendarMs: a.calendarMs + b.calendarMs,
    activeMs: a.activeMs + b.activeMs,
    cpuMs: a.cpuMs + b.cpuMs,
    terms: a.terms + b.terms,
    events: a.events + b.events,
    trace: (a.trace + b.trace) >>> 0,
  };
}
