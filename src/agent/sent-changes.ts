import type { GroupRecord } from "../core/record.ts";

interface Sent {
  readonly record: GroupRecord;
  /** It was to replace the record of that number, and can replace no other. */
  readonly afterRev: number;
}

/** The changes that this life of an agent has sent, as long as they may stand in the store without having been read. */
export class SentChanges {
  #all: readonly Sent[] = [];

  get records(): readonly GroupRecord[] {
    return this.#all.map(({ record }) => record);
  }

  /** `record` is about to be sent, to replace `before`. */
  send(before: GroupRecord | null, record: GroupRecord): void {
    this.#all = [...this.#all, { record, afterRev: before?.rev ?? 0 }];
  }

  /** It certainly was not applied, and never will be. */
  withdraw(record: GroupRecord): void {
    this.#all = this.#all.filter((sent) => sent.record !== record);
  }

  /** The store shows `record`: what was to replace an older one has done so and is seen, or is too late. */
  read(record: GroupRecord | null): void {
    const rev = record?.rev ?? 0;
    if (this.#all.length > 0) this.#all = this.#all.filter(({ afterRev }) => afterRev >= rev);
  }
}
