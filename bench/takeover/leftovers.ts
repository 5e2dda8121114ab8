import { readdirSync, readFileSync, readlinkSync, realpathSync, rmSync } from "node:fs";
import { basename } from "node:path";
import { sendSignal } from "../../src/host/processes.ts";

/**
 * The processes of ours that belong to `root`: servers and programs of PostgreSQL that work in it or below,
 * and our own program where it works there or names something there. A person's shell is none of them.
 * Synchronous, so that it also works while this process ends.
 */
export function processesUnder(root: string): readonly number[] {
  const pids = readdirSync("/proc").filter((name) => /^\d+$/.test(name));
  return pids.map(Number).filter((pid) => pid !== process.pid && belongsTo(pid, root));
}

function belongsTo(pid: number, root: string): boolean {
  try {
    const program = readlinkSync(`/proc/${pid}/exe`);
    const isOurs = program === realpathSync(process.execPath);
    if (!isOurs && !/^(postgres|initdb|pg_\w+)$/.test(basename(program))) return false;
    const directory = readlinkSync(`/proc/${pid}/cwd`);
    if (directory === root || directory.startsWith(`${root}/`)) return true;
    return isOurs && readFileSync(`/proc/${pid}/cmdline`, "utf8").includes(`${root}/`);
  } catch {
    return false;
  }
}

/** Ends everything under `root` for good, stopped or not. */
export function endProcessesUnder(root: string): void {
  const endAt = performance.now() + 5000;
  for (let left = processesUnder(root); left.length > 0; left = processesUnder(root)) {
    for (const pid of left) sendSignal(pid, "SIGKILL");
    if (performance.now() > endAt) {
      process.stderr.write(`These processes in ${root} do not end: ${left.join(", ")}\n`);
      break;
    }
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 5);
  }
}

/**
 * Sees to it that no process of `root` outlives this one, however it ends (a SIGKILL excepted), and that
 * the directory goes too unless it is to be kept. Returns how to do it now.
 */
export function cleanUpAtExit(root: string, keep: boolean): () => void {
  const cleanUp = (): void => {
    process.off("exit", cleanUp);
    endProcessesUnder(root);
    if (keep) process.stderr.write(`The files of the cluster are in ${root}\n`);
    else rmSync(root, { recursive: true, force: true, maxRetries: 3 });
  };
  process.on("exit", cleanUp);
  return cleanUp;
}
