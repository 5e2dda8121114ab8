import { open, readFile, type FileHandle } from "node:fs/promises";
import type { GroupRecord } from "../core/record.ts";
import { writeDurably } from "../host/durable-file.ts";
import { Failure, messageOf } from "../lib/failure.ts";

interface Line {
  readonly store: string;
  readonly term: number;
  readonly rev: number;
}

/** Beyond that many lines the file is started anew when it is opened; a record changes a few times a day. */
const LINES_KEPT = 1000;

/**
 * The newest record of one group that this node has ever seen, on disk before anything is done about it.
 * A store that shows an older one, or has another identity, has gone back in time, and is not believed.
 */
export class Seen {
  readonly #file: string;
  readonly #handle: FileHandle;
  #newest: Line | null;

  private constructor(file: string, handle: FileHandle, lines: readonly Line[]) {
    this.#file = file;
    this.#handle = handle;
    this.#newest = lines.at(-1) ?? null;
  }

  /** Opens the memory in `file`; with `forget` what was seen before no longer counts. */
  static async open(file: string, forget: boolean): Promise<Seen> {
    const lines = forget ? [] : (await readFile(file, "utf8").catch(() => "")).split("\n").flatMap(parsed);
    if (forget || lines.length > LINES_KEPT)
      await writeDurably(
        file,
        lines
          .slice(-1)
          .map((line) => `${JSON.stringify(line)}\n`)
          .join(""),
      );
    const handle = await open(file, "a", 0o600);
    return new Seen(file, handle, lines);
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
      await this.#handle.appendFile(`${JSON.stringify(line)}\n`);
      await this.#handle.datasync();
    } catch (error) {
      throw new Failure(
        `Cannot remember the record in "${this.#file}": ${messageOf(error)}. Nothing is done about it until that works`,
      );
    }
    this.#newest = line;
  }

  async close(): Promise<void> {
    await this.#handle.close();
  }
}

function parsed(line: string): Line[] {
  try {
    return line === "" ? [] : [JSON.parse(line) as Line];
  } catch {
    return [];
  }
}
