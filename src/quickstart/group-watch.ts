import type { GroupEvent } from "../core/event.ts";
import { keys } from "../core/keys.ts";
import { newestRule, type GroupRecord } from "../core/record.ts";
import type { MemberReport, SessionValue } from "../core/session.ts";
import type { Clock } from "../lib/clock.ts";
import type { Store } from "../store/store.ts";

/** A member as its agent last told, and how long ago. */
export interface WatchedMember {
  readonly member: string;
  readonly isPrimary: boolean;
  readonly report: MemberReport | null;
  /** Since the session was last seen to change; `Infinity` until it was. */
  readonly heardMsAgo: number;
}

/** A group at one moment. */
export interface GroupSight {
  readonly record: GroupRecord | null;
  readonly members: readonly WatchedMember[];
}

/** An agent that has not renewed for so long says nothing that is still true. */
const FRESH_MS = 1500;

/** Looks at a group from outside, in the store: what is recorded, and what each member's agent tells. */
export class GroupWatch {
  readonly #store: Store;
  readonly #clock: Clock;
  readonly #group: string;
  readonly #nodes: readonly string[];
  readonly #seen = new Map<string, { readonly value: string; readonly atMs: number }>();

  constructor(store: Store, clock: Clock, group: string, nodes: readonly string[]) {
    this.#store = store;
    this.#clock = clock;
    this.#group = group;
    this.#nodes = nodes;
  }

  async look(): Promise<GroupSight> {
    const [group, ...sessions] = await this.#store.read([
      keys.group(this.#group),
      ...this.#nodes.map((node) => keys.session(node)),
    ]);
    const record = group?.value == null ? null : (JSON.parse(group.value) as GroupRecord);
    const members = this.#nodes.map((member, i) => this.#memberOf(member, record, sessions[i]?.value ?? null));
    return { record, members };
  }

  /** The group's history, oldest first. */
  async events(): Promise<readonly GroupEvent[]> {
    const entries = await this.#store.list(keys.events(this.#group));
    return entries.flatMap(({ value }) => (value === null ? [] : [JSON.parse(value) as GroupEvent]));
  }

  #memberOf(member: string, record: GroupRecord | null, value: string | null): WatchedMember {
    const nowMs = this.#clock.nowMs();
    const seen = this.#seen.get(member);
    if (value !== null && seen?.value !== value)
      this.#seen.set(member, { value, atMs: seen === undefined ? -Infinity : nowMs });
    const heardMsAgo = nowMs - (this.#seen.get(member)?.atMs ?? -Infinity);
    const session = value === null ? null : (JSON.parse(value) as SessionValue);
    return { member, isPrimary: record?.primary === member, report: session?.members[this.#group] ?? null, heardMsAgo };
  }
}

/**
 * What is missing until the primary serves and all others stream from it, with an agent each, and, unless writes wait for none,
 * are counted on; `null`: nothing.
 */
export function whatIsMissing({ record, members }: GroupSight, isAsynchronous = false): string | null {
  if (record === null) return "the group has not been founded";
  if (record.primary === null) return `nobody is primary: ${record.because}`;
  if (!record.open) return `term ${record.term} of "${record.primary}" is not open: ${record.because}`;
  const problems = members.map(problemOf).filter((problem) => problem !== null);
  if (problems.length > 0) return problems.join("; ");
  if (isAsynchronous) return null;
  if (record.commit.length > 1) return "the commit rule is being changed";
  const counted = newestRule(record).of.length;
  return counted < members.length - 1 ? `only ${counted} of ${members.length - 1} standbys are counted on` : null;
}

function problemOf({ member, isPrimary, report, heardMsAgo }: WatchedMember): string | null {
  if (report === null) return `"${member}" has not been heard of`;
  if (heardMsAgo > FRESH_MS) return `the agent of "${member}" is silent`;
  const told = [report.work, report.problem].filter((text) => text !== null).join(", ");
  const because = told === "" ? "" : ` (${told})`;
  if (isPrimary) return report.state === "primary" ? null : `"${member}" is ${report.state}${because}, not primary`;
  if (report.state !== "standby") return `"${member}" is ${report.state}${because}`;
  return report.streaming ? null : `"${member}" does not stream${because}`;
}
