import type { GroupRecord } from "../core/record.ts";

interface Sent {
  readonly record: GroupRecord;
  /** It was to replace the record of that number, and can replace no other. */
  readonly afterRev: number;
}

/** The changes that this life of an agent has sent, as long as they may stand in the store without having been read, and what is not known of others. */
export class SentChanges {
  #all: readonly Sent[] = [];
  #isUnsettled = true;
  #isOutdated = false;

  /** A change whose answer was lost may still be applied, also one of an earlier life: until another change has won. */
  get isUnsettled(): boolean {
    return this.#isUnsettled;
  }

  /** A change of ours was applied and the record was not read since: what is known of it is from before. */
  get isOutdated(): boolean {
    return this.#isOutdated;
  }

  get records(): readonly GroupRecord[] {
    return this.#all.map(({ record }) => record);
  }

  /** `record` is about to be sent, to replace `before`. */
  send(before: GroupRecord | null, record: GroupRecord): void {
    this.#all = [...this.#all, { record, afterRev: before?.rev ?? 0 }];
  }

  /** The change sent last was applied. */
  won(): void {
    this.#isUnsettled = false;
    this.#isOutdated = true;
  }

  /** What became of the change sent last is not known. */
  lostAnswer(): void {
    this.#isUnsettled = true;
  }

  /** It certainly was not applied, and never will be. */
  withdraw(record: GroupRecord): void {
    this.#all = this.#all.filter((sent) => sent.record !== record);
  }

  /** The store shows `record`: what was to replace an older one has done so and is seen, or is too late. */
  read(record: GroupRecord | null): void {
    this.#isOutdated = false;
    const rev = record?.rev ?? 0;
    if (this.#all.length > 0) this.#all = this.#all.filter(({ afterRev }) => afterRev >= rev);
  }
}
