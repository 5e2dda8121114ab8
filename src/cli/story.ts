import type { EventKind, GroupEvent } from "../core/event.ts";

/** One change of the primary, from the first sign to the former primary's return. */
export interface Story {
  readonly group: string;
  /** A switchover was asked for, a takeover was not; with a founding nobody was primary before. */
  readonly kind: "takeover" | "switchover" | "founding";
  /** Who was primary before; `null`: not known any more. */
  readonly from: string | null;
  readonly to: string;
  readonly term: number;
  readonly events: readonly GroupEvent[];
  /** The parts of the way from the first sign (planned: from when clients were held) until clients were let in. */
  readonly phases: readonly Phase[];
  /** All of them together; `null` while it has not opened. */
  readonly totalMs: number | null;
  /** How long after the first event the former primary was back as standby; `null` while it is not. */
  readonly returnMs: number | null;
}

export interface Phase {
  readonly name: "drained" | "stopped" | "taken" | "promoted" | "opened";
  readonly ms: number;
}

/** What can lead to a take. */
const LEADING: ReadonlySet<EventKind> = new Set([
  "suspected",
  "vacated",
  "guard-fired",
  "sealed",
  "unsealed",
  "switchover",
  "yielded",
  "loss-accepted",
  "problem",
]);
/** With these the next story begins. */
const BEGINNING: ReadonlySet<EventKind> = new Set(["suspected", "vacated", "guard-fired", "switchover"]);
/** Earlier signs belong to the story when no pause this long lies between. */
const PAUSE_MS = 30_000;
/** So long after the opening a return still belongs to the story. */
const RETURN_MS = 15 * 60_000;

/** The newest change of the primary in `told` (oldest first, by the clocks of those who told it); `null` when there is none. */
export function lastStory(told: readonly GroupEvent[]): Story | null {
  // A clock that is hours off tells of the right term all the same.
  const events = told.toSorted((a, b) => a.term - b.term);
  const taken = events.findLastIndex((event) => event.kind === "taken");
  const take = events[taken];
  if (take === undefined) return null;
  const own = events.slice(beginningOf(events, taken), endOf(events, taken));
  const drain = own.find((event) => event.rule === "switchover-drain");
  const phases = phasesOf(own, drain ?? own[0] ?? take);
  const from = formerPrimary(events.slice(0, taken));
  const isPlanned = own.some((event) => event.kind === "switchover");
  const opened = own.find((event) => event.kind === "opened");
  const back = own.findLast((event) => event.kind === "rejoined" && event.node === from && event.atMs > take.atMs);
  return {
    group: take.group,
    kind: from === null ? "founding" : isPlanned ? "switchover" : "takeover",
    from,
    to: take.node,
    term: take.term,
    events: own,
    phases,
    totalMs: opened === undefined ? null : phases.reduce((sum, phase) => sum + phase.ms, 0),
    returnMs: back === undefined ? null : back.atMs - (own[0] ?? take).atMs,
  };
}

function beginningOf(events: readonly GroupEvent[], taken: number): number {
  const term = events[taken]?.term ?? 0;
  let begin = taken;
  for (let i = taken - 1; i >= 0; i--) {
    const event = events[i];
    if (event === undefined || event.term >= term || event.kind === "taken" || event.kind === "opened") break;
    const pauseMs = (events[begin]?.atMs ?? 0) - event.atMs;
    const belongs = pauseMs <= PAUSE_MS || event.kind === "vacated" || event.kind === "guard-fired";
    if (LEADING.has(event.kind) && belongs) begin = i;
  }
  return begin;
}

function endOf(events: readonly GroupEvent[], taken: number): number {
  const take = events[taken];
  const end = events.findIndex(
    (event, i) => i > taken && (BEGINNING.has(event.kind) || event.atMs - (take?.atMs ?? 0) > RETURN_MS),
  );
  return end === -1 ? events.length : end;
}

function formerPrimary(before: readonly GroupEvent[]): string | null {
  return (
    before.findLast((event) => event.kind === "vacated" || event.kind === "taken" || event.kind === "opened")?.node ??
    null
  );
}

/** What ends each part of the way, in order. */
const MILESTONES: readonly (readonly [Phase["name"], EventKind])[] = [
  ["drained", "yielded"],
  ["stopped", "vacated"],
  ["taken", "taken"],
  ["promoted", "promoted"],
  ["opened", "opened"],
];

function phasesOf(own: readonly GroupEvent[], start: GroupEvent): readonly Phase[] {
  const phases: Phase[] = [];
  let fromMs = start.atMs;
  for (const [name, kind] of MILESTONES) {
    const event = own.find((e) => e.kind === kind && e !== start && e.atMs >= fromMs);
    if (event === undefined) continue;
    phases.push({ name, ms: event.atMs - fromMs });
    fromMs = event.atMs;
  }
  return phases;
}
