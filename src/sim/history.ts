import type { GroupRecord } from "../core/record.ts";
import { Acknowledged } from "./checks/acknowledged.ts";
import type { Check, MakeCheck } from "./checks/check.ts";
import { commitRules } from "./checks/commit-rules.ts";
import { freshReads } from "./checks/fresh-reads.ts";
import { lastCopy } from "./checks/last-copy.ts";
import { nothingLost } from "./checks/nothing-lost.ts";
import { nothingSeenLost } from "./checks/nothing-seen-lost.ts";
import { oneAcknowledger } from "./checks/one-acknowledger.ts";
import { paused } from "./checks/paused.ts";
import { termsGrow } from "./checks/terms-grow.ts";
import type { Server, Sight } from "./server.ts";
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
];

/** What happened that somebody must judge. What was promised is noted after the others have compared with it. */
export class History {
  readonly promised: Acknowledged;
  readonly #checks: readonly Check[];

  constructor(world: World) {
    this.promised = new Acknowledged(() => world.timeline.nowMs);
    this.#checks = [...CHECKS.map((make) => make(world)), this.promised];
  }

  acknowledged(server: Server, count: number): void {
    for (const check of this.#checks) check.acknowledged?.(server, count);
  }

  /** What was accepted as lost is forgotten first. */
  becamePrimary(server: Server): void {
    this.promised.becamePrimary(server);
    for (const check of this.#checks) if (check !== this.promised) check.becamePrimary?.(server);
  }

  read(server: Server, seen: Sight, atMs: number): void {
    for (const check of this.#checks) check.read?.(server, seen, atMs);
  }

  destroys(server: Server): void {
    for (const check of this.#checks) check.destroys?.(server);
  }

  recordChanged(before: GroupRecord | null, after: GroupRecord | null): void {
    for (const check of this.#checks) check.recordChanged?.(before, after);
  }
}
