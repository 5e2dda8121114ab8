/** Where the quickstart writes to. */
export interface Output {
  write(text: string): void;
  readonly isTTY?: boolean;
  readonly columns?: number;
}

/**
 * Lines that stay, and below them, on a terminal, a few that are drawn anew in place. Without a terminal
 * the live lines are left out; what matters is said in lines that stay.
 */
export class Screen {
  readonly #out: Output;
  #live: readonly string[] = [];

  constructor(out: Output) {
    this.#out = out;
  }

  get isLive(): boolean {
    return this.#out.isTTY === true;
  }

  /** Writes lines that stay, above the live ones. */
  say(...lines: readonly string[]): void {
    const live = this.#live;
    this.live([]);
    this.#out.write(lines.map((line) => `${line}\n`).join(""));
    this.live(live);
  }

  /** Replaces the live lines; none clears them. */
  live(lines: readonly string[]): void {
    if (!this.isLive) return;
    const width = Math.max(20, this.#out.columns || 80);
    const fitting = lines.map((line) => (line.length < width ? line : `${line.slice(0, width - 2)}…`));
    if (fitting.join("\n") === this.#live.join("\n")) return;
    const up = this.#live.length > 0 ? `\x1b[${this.#live.length}A\r\x1b[J` : "";
    this.#out.write(up + fitting.map((line) => `${line}\n`).join(""));
    this.#live = fitting;
  }
}
