import { spawn, type ChildProcessWithoutNullStreams } from "node:child_process";
import { Failure } from "../../lib/failure.ts";

/** One thing that `nft` lists, by what it is: `table`, `set`, `rule`, … */
export type NftObject = Readonly<Record<string, Readonly<Record<string, unknown>>>>;

/** A program that does not answer for twice that long is ended. */
const HALF_DEADLINE_MS = 500;
/** The program remembers every line that it was told; it is begun anew before that is worth mentioning. */
const MOST_QUESTIONS = 500;
/** Its answer to this lists nothing but tables, and comes also when all before it failed. */
const LAST_LINE = "list tables inet";

interface Waiting {
  readonly seen: NftObject[];
  readonly resolve: (objects: readonly NftObject[]) => void;
  readonly reject: (error: Failure) => void;
}

/**
 * A long-lived `nft` program, because starting one takes longer than what it is started for. Each line that
 * it is told is one transaction. It ends when the process that told it does; what it has made stays.
 */
export class NftShell {
  readonly #program: string;
  #child: ChildProcessWithoutNullStreams | null = null;
  #waiting: Waiting | null = null;
  #last: Promise<unknown> = Promise.resolve();
  #asked = 0;
  #complaint = "";
  #isClosed = false;

  constructor(program = "nft") {
    this.#program = program;
  }

  /**
   * Everything that `lines` list, and the inet tables after them; rejects with a `Failure` when there is no
   * answer in time, or no program. A line that the kernel refuses only lacks its effect.
   */
  ask(...lines: readonly string[]): Promise<readonly NftObject[]> {
    const answer = this.#last.then(() => this.#ask(lines));
    this.#last = answer.catch(() => undefined);
    return answer;
  }

  /** What it complained about last, for people. */
  get complaint(): string {
    return this.#complaint.split("\n")[0] ?? "";
  }

  close(): void {
    this.#isClosed = true;
    this.#child?.stdin.end();
  }

  #ask(lines: readonly string[]): Promise<readonly NftObject[]> {
    this.#complaint = "";
    return new Promise((resolve, reject) => {
      if (this.#isClosed) return reject(new Failure("The kernel's guard has been closed"));
      const child = this.#running();
      const waiting: Waiting = { seen: [], resolve, reject };
      this.#waiting = waiting;
      child.stdin.write(`${[...lines, LAST_LINE].join("\n")}\n`);
      this.#expect(child, waiting);
    });
  }

  #running(): ChildProcessWithoutNullStreams {
    if (this.#child !== null && this.#asked < MOST_QUESTIONS) {
      this.#asked += 1;
      return this.#child;
    }
    this.#child?.stdin.end();
    const child = spawn(this.#program, ["--json", "--interactive"], { cwd: "/" });
    child.stdout.setEncoding("utf8").on("data", this.#reader(child));
    child.stderr.setEncoding("utf8").on("data", (text: string) => (this.#complaint = `${this.#complaint}${text}`));
    child.stdin.on("error", () => undefined);
    child.once("error", (error) => this.#gone(child, error.message));
    child.once("close", () => this.#gone(child, this.complaint || "it has ended"));
    this.#child = child;
    this.#asked = 1;
    return child;
  }

  #reader(child: ChildProcessWithoutNullStreams): (chunk: string) => void {
    let rest = "";
    return (chunk) => {
      const lines = (rest + chunk).split("\n");
      rest = lines.pop() ?? "";
      for (const line of lines) if (child === this.#child) this.#hear(line);
    };
  }

  #hear(line: string): void {
    const waiting = this.#waiting;
    if (waiting === null || !line.startsWith("{")) return;
    const objects = (JSON.parse(line) as { nftables: NftObject[] }).nftables;
    waiting.seen.push(...objects);
    if (objects.every((object) => "metainfo" in object || "table" in object)) {
      this.#waiting = null;
      waiting.resolve(waiting.seen);
    }
  }

  /** In two halves: if it was we who were stopped, the second one leaves time to read what had come meanwhile. */
  #expect(child: ChildProcessWithoutNullStreams, waiting: Waiting): void {
    const late = (): void => {
      if (this.#waiting !== waiting) return;
      child.kill("SIGKILL");
      this.#gone(child, `no answer within ${2 * HALF_DEADLINE_MS} ms`);
    };
    const half = (): void => {
      if (this.#waiting === waiting) setTimeout(late, HALF_DEADLINE_MS).unref();
    };
    setTimeout(half, HALF_DEADLINE_MS).unref();
  }

  #gone(child: ChildProcessWithoutNullStreams, because: string): void {
    if (child !== this.#child) return;
    this.#child = null;
    const waiting = this.#waiting;
    this.#waiting = null;
    waiting?.reject(new Failure(`"${this.#program}" did not do what it was told: ${because}`));
  }
}
