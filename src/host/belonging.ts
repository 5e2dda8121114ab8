import { readdirSync, readFileSync, readlinkSync, realpathSync, statSync } from "node:fs";
import { controlledBy } from "./control-group.ts";

/** The variable by which a service's processes know, and show, whose they are: children inherit it. */
export const MARK = "UNDERSTUDY_SERVICE";

/** How the processes of a service are told from all others. Plain data. */
export interface Belonging {
  /** Every process whose working directory is this one belongs to it. */
  readonly directory: string;
  /** And every one in whose environment {@link MARK} has this value. Left out: none by that. */
  readonly mark?: string;
  /** And every one in this control group (version 2). Left out: none by that. */
  readonly controlGroup?: string;
}

/**
 * The processes of a service, whoever their parent is by now. Zombies are not counted, they hold nothing any more. Only on
 * Linux; read at once, not by way of the thread pool: this is memory of the kernel, some microseconds each, and a
 * takeover waits for it.
 */
export function processesOf(belonging: Belonging): readonly number[] {
  const { mark, controlGroup } = belonging;
  const directory = realPath(belonging.directory);
  const controlled = new Set(controlGroup === undefined ? [] : controlledBy(controlGroup));
  const needle = mark === undefined ? null : Buffer.from(`\0${MARK}=${mark}\0`);
  const belongs = (pid: string): boolean => {
    const cwd = cwdOf(pid);
    if (cwd === null) return false;
    return cwd === directory || controlled.has(Number(pid)) || (needle !== null && isMarked(pid, needle));
  };
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name) && belongs(name))
    .map(Number)
    .filter((pid) => pid !== process.pid);
}

/** The working directory of a living process; `null` for one that is gone, a zombie, or another user's. */
export function cwdOf(pid: string): string | null {
  try {
    return readlinkSync(`/proc/${pid}/cwd`);
  } catch {
    return null;
  }
}

function isMarked(pid: string, needle: Buffer): boolean {
  try {
    return Buffer.concat([Buffer.of(0), readFileSync(`/proc/${pid}/environ`)]).includes(needle);
  } catch {
    return false;
  }
}

/** `""`, where no process works, when there is no such directory. */
function realPath(directory: string): string {
  try {
    return statSync(directory).isDirectory() ? realpathSync(directory) : "";
  } catch {
    return "";
  }
}
