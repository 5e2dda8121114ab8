import { createWriteStream, type WriteStream } from "node:fs";
import { rename, stat } from "node:fs/promises";
import type { Decision } from "../core/decision.ts";
import type { View } from "../core/view.ts";

/** One line of the journal: a decision that changed something, and all that it was made from. */
export interface JournalLine {
  /** ISO 8601, for people. */
  readonly at: string;
  readonly group: string;
  readonly rule: string;
  readonly because: string;
  readonly effects: readonly string[];
  readonly view: View;
}

/** Beyond that the file is set aside (`.1`) and a new one begun. */
const LARGEST_BYTES = 8 * 1024 * 1024;

/** What notes decisions. */
export interface DecisionLog {
  /** What keeps it from being written; `null`: nothing. */
  readonly problem: string | null;
  note(view: View, decision: Decision, at: string): void;
}

/**
 * The agent's own memory of what it decided and why, one JSON line a decision that changes something.
 * `decide(line.view)` gives the same decision again. It is for people: a full disk costs lines, never a
 * decision.
 */
export class Journal implements DecisionLog {
  readonly #file: string;
  #stream: WriteStream;
  #bytes = 0;
  #problem: string | null = null;

  private constructor(file: string, bytes: number) {
    this.#file = file;
    this.#bytes = bytes;
    this.#stream = this.#open();
  }

  static async open(file: string): Promise<Journal> {
    const there = await stat(file).catch(() => null);
    return new Journal(file, there?.size ?? 0);
  }

  /** What keeps it from being written; `null`: nothing. */
  get problem(): string | null {
    return this.#problem;
  }

  note(view: View, decision: Decision, at: string): void {
    const line: JournalLine = {
      at,
      group: view.settings.group,
      rule: decision.rule,
      because: decision.because,
      effects: decision.effects.map((effect) => (effect.effect === "work" ? effect.action.do : effect.effect)),
      view,
    };
    // A line that a full disk cut off must not take the next one with it.
    const text = `${this.#problem === null ? "" : "\n"}${JSON.stringify(line)}\n`;
    this.#bytes += text.length;
    if (this.#stream.destroyed) this.#stream = this.#open();
    this.#stream.write(text, (error) => {
      this.#problem = error == null ? null : `the journal "${this.#file}" cannot be written: ${error.message}`;
    });
    if (this.#bytes > LARGEST_BYTES) void this.#turn();
  }

  async close(): Promise<void> {
    await new Promise<void>((resolve) => this.#stream.end(() => resolve()));
  }

  async #turn(): Promise<void> {
    this.#bytes = 0;
    const full = this.#stream;
    await rename(this.#file, `${this.#file}.1`).catch(() => undefined);
    this.#stream = this.#open();
    full.end();
  }

  #open(): WriteStream {
    const stream = createWriteStream(this.#file, { flags: "a", mode: 0o600 });
    stream.on("error", (error) => {
      this.#problem = `the journal "${this.#file}" cannot be written: ${error.message}`;
    });
    return stream;
  }
}
