import type { CheckConfig } from "../config/check-config.ts";
import type { MemberConfig } from "../config/config.ts";
import type { GroupRecord } from "../core/record.ts";
import type { Sight } from "../core/session.ts";
import type { CheckedMember } from "./open-check.ts";
import { watchHealth, type WatchedHealth } from "./watch-health.ts";

export interface WatchPrimaryParts extends Omit<CheckedMember, "member"> {
  readonly me: string;
  readonly members: Readonly<Record<string, MemberConfig>>;
  readonly checks: readonly CheckConfig[];
  /** Hears each change of what is seen, for a person. */
  readonly told: (text: string) => void;
}

interface Watched {
  readonly member: string;
  readonly term: number;
  readonly health: WatchedHealth;
}

/** Asks the primary, whoever that is, what its own agent asks it, from the host of another member. */
export class PrimaryWatch {
  readonly #parts: WatchPrimaryParts;
  #watched: Watched | null = null;

  constructor(parts: WatchPrimaryParts) {
    this.#parts = parts;
  }

  /** What is seen by now of the primary of `record`, which is asked from then on; `undefined`: there is nobody else to ask. */
  sees(record: GroupRecord | null): Sight | undefined {
    const watched = this.#watch(record);
    return watched === null
      ? undefined
      : { member: watched.member, term: watched.term, health: watched.health.state() };
  }

  close(): void {
    this.#watched?.health.close();
    this.#watched = null;
  }

  /** A term that is not open yet, or ends, need not answer. */
  #watch(record: GroupRecord | null): Watched | null {
    const { me, members } = this.#parts;
    const primary = record?.open === true && record.switchover === null ? record.primary : null;
    const member = primary === null || primary === me ? undefined : members[primary];
    if (record === null || member === undefined) this.close();
    else if (this.#watched?.member !== primary || this.#watched?.term !== record.term) this.#begin(record.term, member);
    return this.#watched;
  }

  #begin(term: number, member: MemberConfig): void {
    this.close();
    const { told, ...parts } = this.#parts;
    const health = watchHealth({
      ...parts,
      member,
      told: (status, problem) =>
        told(`from here the primary ${member.member} is ${status}${problem ? `: ${problem}` : ""}`),
    });
    this.#watched = { member: member.member, term, health };
  }
}
