import { readdirSync, readFileSync, readlinkSync, realpathSync, rmSync } from "node:fs";
import { sendSignal } from "../../src/host/processes.ts";

/**
 * The processes that belong to `root`: those that work in it or below (agents, proxies, database servers),
 * and those of our own program that name something in it (guards). Synchronous, so that it also works
 * while this process ends.
 */
export function processesUnder(root: string): readonly number[] {
  const pids = readdirSync("/proc").filter((name) => /^\d+$/.test(name));
  return pids.map(Number).filter((pid) => pid !== process.pid && belongsTo(pid, root));
}

function belongsTo(pid: number, root: string): boolean {
  try {
    const directory = readlinkSync(`/proc/${pid}/cwd`);
    if (directory === root || directory.startsWith(`${root}/`)) return true;
    const isOurProgram = readlinkSync(`/proc/${pid}/exe`) === realpathSync(process.execPath);
    return isOurProgram && readFileSync(`/proc/${pid}/cmdline`, "utf8").includes(`${root}/`);
  } catch {
    return false;
  }
}

/** Ends everything under `root` for good, stopped or not, and removes the directory. */
export function removeWithProcesses(root: string): void {
  const endAt = performance.now() + 5000;
  for (let left = processesUnder(root); left.length > 0; left = processesUnder(root)) {
    for (const pid of left) sendSignal(pid, "SIGKILL");
    if (performance.now() > endAt) {
      process.stderr.write(`These processes in ${root} do not end: ${left.join(", ")}\n`);
      break;
    }
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 5);
  }
  rmSync(root, { recursive: true, force: true, maxRetries: 3 });
}

/** Sees to it that nothing under `root` outlives this process, however it ends (a SIGKILL excepted). Returns how to do it now. */
export function removeAtExit(root: string): () => void {
  const remove = (): void => {
    process.off("exit", remove);
    removeWithProcesses(root);
  };
  process.on("exit", remove);
  return remove;
}
