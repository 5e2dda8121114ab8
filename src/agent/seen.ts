import type { GroupRecord } from "../core/record.ts";
import { openLineFile, type LineFile } from "../host/line-file.ts";
import { Failure, messageOf } from "../lib/failure.ts";

interface Line {
  readonly store: string;
  readonly term: number;
  readonly rev: number;
}

/**
 * The newest record of one group that this node has ever seen, on disk before anything is done about it.
 * A store that shows an older one, or has another identity, has gone back in time, and is not believed.
 */
export class Seen {
  readonly #lines: LineFile;
  #newest: Line | null;

  /** The memory that `lines` holds. */
  constructor(lines: LineFile) {
    this.#lines = lines;
    this.#newest = lines.before.flatMap(parsed).at(-1) ?? null;
  }

  /** Opens the memory in `file`; with `forget` what was seen before no longer counts. */
  static async open(file: string, forget: boolean): Promise<Seen> {
    return new Seen(await openLineFile(file, forget));
  }

  /** Why the store cannot be believed; `null`: it can. `record` is what it shows, `null` when it shows none. */
  doubt(store: string, record: GroupRecord | null): string | null {
    const seen = this.#newest;
    if (seen === null) return null;
    const remedy = `Nothing is done until a person says that it is right: restart the agent with --accept-store`;
    if (seen.store !== store) return `The store is another one than before (it was replaced or made anew). ${remedy}`;
    if (record === null)
      return `The store has lost the group's record; term ${seen.term}, change ${seen.rev} was seen before. ${remedy}`;
    if (record.term < seen.term || record.rev < seen.rev) {
      return `The store went back in time: it shows term ${record.term}, change ${record.rev}, and term ${seen.term}, change ${seen.rev} was seen before. ${remedy}`;
    }
    return null;
  }

  /** Remembers `record`; resolves once it is on disk. Rejects with a `Failure` when it cannot be. */
  async note(store: string, record: GroupRecord): Promise<void> {
    const seen = this.#newest;
    if (seen !== null && seen.store === store && record.rev <= seen.rev) return;
    const line: Line = { store, term: record.term, rev: record.rev };
    try {
      await this.#lines.append(JSON.stringify(line));
    } catch (error) {
      throw new Failure(
        `Cannot remember the record in "${this.#lines.name}": ${messageOf(error)}. Nothing is done about it until that works`,
      );
    }
    this.#newest = line;
  }

  async close(): Promise<void> {
    await this.#lines.close();
  }
}

function parsed(line: string): Line[] {
  try {
    return line === "" ? [] : [JSON.parse(line) as Line];
  } catch {
    return [];
  }
}
