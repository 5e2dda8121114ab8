import type { GroupRecord } from "../../core/record.ts";
import type { Server } from "../server.ts";
import type { Entry } from "../wal.ts";
import type { Check } from "./check.ts";

/** Older ones are asked for by nobody: a lease is short. */
const MARKS_KEPT = 2000;

/** Up to where a log was acknowledged, and when. */
interface Mark {
  readonly count: number;
  readonly atMs: number;
}

/** What the clients of the group have been promised so far: the longest log that was acknowledged. Other checks compare with it. */
export class Acknowledged implements Check {
  readonly proves = "every acknowledged write has a place in one history";
  readonly log: Entry[] = [];
  #marks: Mark[] = [];
  #mayLose = false;
  readonly #nowMs: () => number;

  constructor(nowMs: () => number) {
    this.#nowMs = nowMs;
  }

  acknowledged(server: Server, count: number): void {
    if (server.isAltered || count <= this.log.length) return;
    this.log.push(...server.disk.log.slice(this.log.length, count));
    this.#marks.push({ count, atMs: this.#nowMs() });
    if (this.#marks.length > 2 * MARKS_KEPT) this.#marks.splice(0, MARKS_KEPT);
  }

  /** An operator has accepted that something is lost: from here on the promise is what the new primary has. */
  recordChanged(before: GroupRecord | null, after: GroupRecord | null): void {
    if (before?.acceptedLoss != null && after !== null && after.term > before.term) this.#mayLose = true;
  }

  becamePrimary(server: Server): void {
    if (!this.#mayLose) return;
    this.#mayLose = false;
    this.shortenTo(server);
  }

  /** What `server` lacks is no longer promised. */
  shortenTo(server: Server): void {
    const { log } = server.disk;
    let same = 0;
    while (same < this.log.length && same < log.length && this.log[same] === log[same]) same++;
    this.log.length = same;
    this.#marks = this.#marks.map((mark) => ({ ...mark, count: Math.min(mark.count, same) }));
  }

  /** As many entries had been acknowledged by `atMs`. */
  countAt(atMs: number): number {
    return this.#marks.findLast((mark) => mark.atMs <= atMs)?.count ?? 0;
  }
}
