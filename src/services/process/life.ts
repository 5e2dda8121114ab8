import { readFileSync } from "node:fs";
import { join } from "node:path";
import { readIfThere, removeDurably, writeDurably } from "../../host/durable-file.ts";
import type { Role } from "./environment.ts";
import type { Place } from "./place.ts";

/** One life of the process, from its start to its end, as later lives of the agent find it again. */
export interface Life extends Role {
  readonly pid: number;
  /** When it was started, as the kernel counts: a process with the same number may be somebody else. */
  readonly startTime: string;
  readonly controlGroup: string | null;
  /** Whether it is known to be what `role` says. What was broken off on the way there is not. */
  readonly isSettled: boolean;
}

/** What `/proc` shows of a process that lives. */
export interface Seen {
  readonly startTime: string;
  /** It has been stopped by a signal, and does nothing. */
  readonly isStopped: boolean;
}

/** `null`: there is none, or it is a zombie. */
export function seenProcess(pid: number): Seen | null {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, "latin1");
    const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
    const [state = "Z"] = fields;
    if (state === "Z" || state === "X") return null;
    return { startTime: fields[19] ?? "", isStopped: state === "T" || state === "t" };
  } catch {
    return null;
  }
}

/** The process of `life`, if it still lives. */
export function seenIn(life: Life): Seen | null {
  const seen = seenProcess(life.pid);
  return seen?.startTime === life.startTime ? seen : null;
}

/** The file in which the present life stands. */
export class LifeFile {
  readonly #file: string;

  constructor({ memberDirectory }: Pick<Place, "memberDirectory">) {
    this.#file = join(memberDirectory, "life.json");
  }

  /** `null`: none was written, or what was written is no use. */
  async read(): Promise<Life | null> {
    const text = await readIfThere(this.#file);
    try {
      return text === null ? null : (JSON.parse(text) as Life);
    } catch {
      return null;
    }
  }

  write(life: Life): Promise<void> {
    return writeDurably(this.#file, JSON.stringify(life));
  }

  clear(): Promise<void> {
    return removeDurably(this.#file);
  }
}
