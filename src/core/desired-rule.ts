import { acknowledges, ALONE, commitRule, describeRule, sameRule, type CommitRule, type Copy } from "./commit-rule.ts";
import { isSilent } from "./lost-followers.ts";
import { newestRule, type GroupRecord } from "./record.ts";
import { zoneOf } from "./places.ts";
import type { Settings, View } from "./view.ts";

/** A change of the commit rule that the primary wants, and why. */
export interface DesiredRule {
  readonly rule: CommitRule;
  readonly because: string;
}

/**
 * Which members' acknowledgements should count from now on; `null`: as now. Whoever streams in this term
 * joins; whoever has not streamed for a while leaves, so that a later takeover does not need him, and
 * sooner when writes wait for him; whoever is not configured to count any more leaves at once. A group that prefers to go on goes on with fewer, in the end alone.
 */
export function desiredRule(view: View, record: GroupRecord): DesiredRule | null {
  const { durability } = view.settings;
  const newest = newestRule(record);
  if (durability.lossless === "off") return differing(newest, ALONE, "the group is asynchronous");
  const streaming = eligible(view, record, durability.of);
  const blocked = !acknowledges(newest, streaming);
  const staying = newest.of.filter(
    (copy) =>
      isToCount(view, copy) &&
      staysFor(view, copy, streaming, blocked) &&
      record.reinit[copy.member] !== copy.incarnation,
  );
  const all = [...staying, ...streaming.filter((copy) => !staying.some((s) => s.member === copy.member))];
  const of = inOtherZones(view, all, durability.need);
  if (of.length >= durability.need)
    return differing(newest, commitRule(durability.need, of), reasonFor(view, newest, of));
  if (durability.lossless === "strict")
    return differing(newest, waitingRule(record, newest, durability.need), "too few copies are there; writes wait");
  if (of.length > 0)
    return differing(
      newest,
      commitRule(of.length, of),
      `only ${of.length} of the ${durability.need} standbys that should be waited for are left`,
    );
  return differing(newest, ALONE, "no standby is left, and the configuration prefers to go on alone");
}

/**
 * Of these copies those in other zones than the primary's, if they are enough: then what is acknowledged is in two zones. Else all of them:
 * no write waits for a zone that is gone.
 */
function inOtherZones({ settings, me }: View, of: readonly Copy[], need: number): readonly Copy[] {
  const far = of.filter((copy) => !areTogether(settings, me, copy.member));
  return far.length >= need ? far : of;
}

function areTogether(settings: Settings, a: string, b: string): boolean {
  const zone = zoneOf(settings, a);
  return zone !== null && zone === zoneOf(settings, b);
}

/** Writes wait for those that are away; not for those whose copy is to be replaced, which could never happen then. */
function waitingRule(record: GroupRecord, newest: CommitRule, need: number): CommitRule {
  return commitRule(
    need,
    newest.of.filter((copy) => record.reinit[copy.member] !== copy.incarnation),
  );
}

/**
 * A copy that shall be replaced, streams, and cannot be spared: nobody else would acknowledge meanwhile. `null`: there is none.
 */
export function indispensable(view: View, record: GroupRecord): string | null {
  const { durability } = view.settings;
  if (durability.lossless === "off") return null;
  const streaming = streamingOf(view, record, durability.of);
  const spared = streaming.filter((copy) => record.reinit[copy.member] !== copy.incarnation);
  if (spared.length >= durability.need) return null;
  return streaming.find((copy) => record.reinit[copy.member] === copy.incarnation)?.member ?? null;
}

/** The standbys that stream in this term and are configured to count; less those about to be replaced, if the others suffice. */
function eligible(view: View, record: GroupRecord, of: readonly string[]): readonly Copy[] {
  const streaming = streamingOf(view, record, of);
  const kept = streaming.filter((copy) => record.reinit[copy.member] !== copy.incarnation);
  const { durability } = view.settings;
  return durability.lossless !== "off" && kept.length >= durability.need ? kept : streaming;
}

function streamingOf(view: View, record: GroupRecord, of: readonly string[]): readonly Copy[] {
  const streaming = view.service.followers.filter(
    (f) => f.streaming && f.term === record.term && of.includes(f.member) && record.members.includes(f.member),
  );
  return oncePerMember(view, streaming);
}

/**
 * A member whose connection broke without a word is there twice for a while, beside its next one. It counts once: a rule that named it twice
 * would take its word for that of two. What its agent says it is comes first.
 */
function oncePerMember({ peers }: View, streaming: readonly Copy[]): readonly Copy[] {
  const copies = new Map<string, Copy>();
  for (const { member, incarnation } of streaming)
    if (!copies.has(member) || peers[member]?.report.incarnation === incarnation)
      copies.set(member, { member, incarnation });
  return [...copies.values()];
}

/** Whether the configuration lets this member's acknowledgements count. */
function isToCount({ settings }: View, { member }: Copy): boolean {
  return settings.durability.lossless !== "off" && settings.durability.of.includes(member);
}

/** Whether a copy of the newest rule stays in it: it streams, or it was there a moment ago. */
function staysFor(view: View, copy: Copy, streaming: readonly Copy[], blocked: boolean): boolean {
  const now = streaming.find((s) => s.member === copy.member);
  if (now !== undefined) return now.incarnation === copy.incarnation;
  const { timing } = view.settings;
  if (blocked && isSilent(view.heard[copy.member], timing)) return false;
  const absentMs = view.nowMs - (view.absentSinceMs[copy.member] ?? view.nowMs);
  return absentMs < (blocked ? timing.patienceMs : timing.leaveMs);
}

function differing(newest: CommitRule, rule: CommitRule, because: string): DesiredRule | null {
  return sameRule(newest, rule) ? null : { rule, because };
}

function whyNot(view: View, copy: Copy): string {
  if (!isToCount(view, copy)) return "is not to count";
  const streams = view.service.followers.some((f) => f.member === copy.member && f.streaming);
  return streams && areTogether(view.settings, view.me, copy.member)
    ? "is in the primary's own zone"
    : "does not stream";
}

function reasonFor(view: View, newest: CommitRule, of: readonly Copy[]): string {
  const joined = of.filter(
    (copy) => !newest.of.some((c) => c.member === copy.member && c.incarnation === copy.incarnation),
  );
  const left = newest.of.filter((copy) => !of.some((c) => c.member === copy.member));
  const parts = [
    ...joined.map((copy) => `"${copy.member}" streams and joins`),
    ...left.map((copy) => `"${copy.member}" ${whyNot(view, copy)} and leaves`),
  ];
  return parts.length > 0 ? parts.join("; ") : `the rule was "${describeRule(newest)}"`;
}
