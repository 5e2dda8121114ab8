import type { Decision } from "../core/decision.ts";
import type { Promised } from "../core/promise.ts";
import type { GroupRecord } from "../core/record.ts";
import type { View } from "../core/view.ts";
import type { Entry } from "../store/store.ts";
import { Acknowledged } from "./checks/acknowledged.ts";
import type { Check, MakeCheck } from "./checks/check.ts";
import { commitRules } from "./checks/commit-rules.ts";
import { copiesLeaveFirst } from "./checks/copies-leave-first.ts";
import { covered } from "./checks/covered.ts";
import { freshReads } from "./checks/fresh-reads.ts";
import { lastCopy } from "./checks/last-copy.ts";
import { leases } from "./checks/leases.ts";
import { members } from "./checks/members.ts";
import { nothingLost } from "./checks/nothing-lost.ts";
import { nothingSeenLost } from "./checks/nothing-seen-lost.ts";
import { observed } from "./checks/observed.ts";
import { oneAcknowledger } from "./checks/one-acknowledger.ts";
import { onePlace } from "./checks/one-place.ts";
import { ownBeat } from "./checks/own-beat.ts";
import { observers } from "./checks/observers.ts";
import { ownHistory } from "./checks/own-history.ts";
import { paused } from "./checks/paused.ts";
import { promises } from "./checks/promises.ts";
import { seals } from "./checks/seals.ts";
import { termsGrow } from "./checks/terms-grow.ts";
import type { Node } from "./node.ts";
import type { Server, Sight } from "./server.ts";
import type { Stream } from "./stream.ts";
import type { World } from "./world.ts";

/** All that must hold at every moment; see each of them for its sentence. */
const CHECKS: readonly MakeCheck[] = [
  oneAcknowledger,
  nothingLost,
  nothingSeenLost,
  freshReads,
  termsGrow,
  commitRules,
  lastCopy,
  paused,
  seals,
  observers,
  ownHistory,
  covered,
  copiesLeaveFirst,
  observed,
  leases,
  members,
  promises,
  ownBeat,
  onePlace,
];

/** What happened that somebody must judge. What was promised is noted after the others have compared with it. */
export class History {
  readonly promised: Acknowledged;
  /** Those that have something to say about it, in their order. */
  readonly #acknowledged: Calls<"acknowledged">;
  readonly #becamePrimary: Calls<"becamePrimary">;
  readonly #read: Calls<"read">;
  readonly #destroys: Calls<"destroys">;
  readonly #receives: Calls<"receives">;
  readonly #decided: Calls<"decided">;
  readonly #heard: Calls<"heard">;
  readonly #wrote: Calls<"wrote">;
  readonly #renews: Calls<"renews">;
  readonly #renewed: Calls<"renewed">;
  readonly #armed: Calls<"armed">;
  readonly #answered: Calls<"answered">;
  readonly #leads: Calls<"leads">;
  readonly #changes: Calls<"changes">;
  readonly #hasChanged: Calls<"hasChanged">;
  readonly #promises: Calls<"promises">;
  readonly #recordChanged: Calls<"recordChanged">;

  constructor(world: World) {
    this.promised = new Acknowledged(() => world.timeline.nowMs);
    const checks = [...CHECKS.map((make) => make(world)), this.promised];
    const of = <What extends Happening>(what: What): Calls<What> => callsOf(checks, what);
    this.#acknowledged = of("acknowledged");
    this.#becamePrimary = callsOf(checks.slice(0, -1), "becamePrimary");
    this.#read = of("read");
    this.#destroys = of("destroys");
    this.#receives = of("receives");
    this.#decided = of("decided");
    this.#heard = of("heard");
    this.#wrote = of("wrote");
    this.#renews = of("renews");
    this.#renewed = of("renewed");
    this.#armed = of("armed");
    this.#answered = of("answered");
    this.#leads = of("leads");
    this.#changes = of("changes");
    this.#hasChanged = of("hasChanged");
    this.#promises = of("promises");
    this.#recordChanged = of("recordChanged");
  }

  acknowledged(server: Server, count: number): void {
    for (const call of this.#acknowledged) call(server, count);
  }

  answered(server: Server): void {
    for (const call of this.#answered) call(server);
  }

  leads(member: string): void {
    for (const call of this.#leads) call(member);
  }

  /** What was accepted as lost is forgotten first. */
  becamePrimary(server: Server): void {
    this.promised.becamePrimary(server);
    for (const call of this.#becamePrimary) call(server);
  }

  read(server: Server, seen: Sight, atMs: number): void {
    for (const call of this.#read) call(server, seen, atMs);
  }

  destroys(server: Server, term: number): void {
    for (const call of this.#destroys) call(server, term);
  }

  receives(server: Server, stream: Stream, from: number): void {
    for (const call of this.#receives) call(server, stream, from);
  }

  decided(node: Node, view: View, decision: Decision): void {
    for (const call of this.#decided) call(node, view, decision);
  }

  heard(node: string, entries: readonly Entry[], sentAtMs: number, nowMs: number): void {
    for (const call of this.#heard) call(node, entries, sentAtMs, nowMs);
  }

  wrote(node: string, rev: number): void {
    for (const call of this.#wrote) call(node, rev);
  }

  changes(node: string, change: number): void {
    for (const call of this.#changes) call(node, change);
  }

  hasChanged(node: string, change: number, isApplied: boolean): void {
    for (const call of this.#hasChanged) call(node, change, isApplied);
  }

  promises(node: string, promised: Promised): void {
    for (const call of this.#promises) call(node, promised);
  }

  renews(node: string, id: string, sentAtMs: number): void {
    for (const call of this.#renews) call(node, id, sentAtMs);
  }

  renewed(node: string, id: string, sentAtMs: number): void {
    for (const call of this.#renewed) call(node, id, sentAtMs);
  }

  armed(node: string, untilMs: number, wasOver: boolean): void {
    for (const call of this.#armed) call(node, untilMs, wasOver);
  }

  recordChanged(before: GroupRecord | null, after: GroupRecord | null): void {
    for (const call of this.#recordChanged) call(before, after);
  }
}

/** What a check may be told of. */
type Happening = Exclude<keyof Check, "proves">;
type Calls<What extends Happening> = readonly NonNullable<Check[What]>[];

function callsOf<What extends Happening>(checks: readonly Check[], what: What): Calls<What> {
  return checks.flatMap((check) => {
    const call = check[what];
    return call === undefined ? [] : [call.bind(check) as NonNullable<Check[What]>];
  });
}
