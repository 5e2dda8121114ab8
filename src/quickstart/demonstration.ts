import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { systemClock } from "../agent/system-clock.ts";
import type { GroupConfig } from "../config/config.ts";
import { sendSignal } from "../host/processes.ts";
import { Failure } from "../lib/failure.ts";
import { longestGap } from "./client/gap.ts";
import type { Load } from "./client/load.ts";
import { whatIsMissing, type GroupWatch } from "./group-watch.ts";
import type { MeasuredTakeover } from "./takeover-report.ts";
import { phasesOf } from "./takeover-phases.ts";

/** A takeover that has not come by then does not come. */
const TAKEOVER_WITHIN_MS = 30_000;
const BACK_WITHIN_MS = 120_000;
/** Agents write their events a little later, so that this never delays a takeover. */
const EVENTS_LATER_MS = 600;

/** The moment of the kill, by both clocks, and whom it hit. */
export interface Kill {
  readonly member: string;
  readonly pid: number;
  readonly term: number;
  readonly atMs: number;
  readonly wallMs: number;
}

/** Ends the primary's server for good, without any warning. */
export async function killPrimary(watch: GroupWatch, group: GroupConfig): Promise<Kill> {
  const { record } = await watch.look();
  const member = record?.primary ?? null;
  const data = member === null ? undefined : group.members[member]?.data;
  if (record === null || member === null || data === undefined) throw new Failure("Nobody is primary to be killed.");
  const pid = Number.parseInt(await readFile(join(data, "postmaster.pid"), "utf8"), 10);
  const kill = { member, pid, term: record.term, atMs: systemClock.nowMs(), wallMs: systemClock.wallMs() };
  if (!(pid > 0 && sendSignal(pid, "SIGKILL"))) throw new Failure(`The server of "${member}" does not run.`);
  return kill;
}

/** Waits until another member has taken over and the client commits again; rejects with a {@link Failure} when that does not come. */
export async function seeTakeover(watch: GroupWatch, load: Load, kill: Kill): Promise<MeasuredTakeover> {
  const endAtMs = kill.atMs + TAKEOVER_WITHIN_MS;
  for (;;) {
    const { record } = await watch.look();
    const commits = load.ledger.sentAtMs.at(-1) ?? 0;
    if (record !== null && record.term > kill.term && record.open && record.primary !== null && commits > kill.atMs) {
      await sleep(EVENTS_LATER_MS);
      const gap = longestGap(load.ledger.acknowledgedAtMs, kill.atMs, systemClock.nowMs());
      const phases = phasesOf(await watch.events(), kill.wallMs, gap.toMs - kill.atMs);
      return { from: kill.member, to: record.primary, term: record.term, gapMs: gap.ms, phases };
    }
    if (systemClock.nowMs() > endAtMs)
      throw new Failure(`Nobody took over within ${TAKEOVER_WITHIN_MS / 1000} s: ${record?.because ?? "no record"}`);
    await sleep(50);
  }
}

/** Waits until every member is there and streams; resolves to how long that took since `sinceMs`. */
export async function seeAllBack(
  watch: GroupWatch,
  sinceMs: number,
  withinMs: number = BACK_WITHIN_MS,
): Promise<number> {
  for (;;) {
    const missing = whatIsMissing(await watch.look());
    if (missing === null) return systemClock.nowMs() - sinceMs;
    if (systemClock.nowMs() - sinceMs > withinMs)
      throw new Failure(`Not all members are there after ${Math.round(withinMs / 1000)} s: ${missing}.`);
    await sleep(100);
  }
}
