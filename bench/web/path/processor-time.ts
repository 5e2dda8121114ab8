import { readdirSync, readFileSync } from "node:fs";

/** How long a process and all that it has started have run on a processor, in microseconds. */
export function processorTimeUs(pid: number): number {
  return familyOf(pid)
    .flatMap((one) => entries(`/proc/${one}/task`).map((task) => runTimeNs(`/proc/${one}/task/${task}/schedstat`)))
    .reduce((sum, ns) => sum + ns / 1000, 0);
}

function familyOf(pid: number): readonly number[] {
  const children = entries(`/proc/${pid}/task`).flatMap((task) =>
    read(`/proc/${pid}/task/${task}/children`).split(" ").filter(Boolean).map(Number),
  );
  return [pid, ...children.flatMap(familyOf)];
}

/** The scheduler's own account: the one in `stat` is a sample of it. */
function runTimeNs(file: string): number {
  return Number(read(file).split(" ")[0] ?? 0);
}

function entries(directory: string): readonly string[] {
  try {
    return readdirSync(directory);
  } catch {
    return [];
  }
}

function read(file: string): string {
  try {
    return readFileSync(file, "latin1");
  } catch {
    return "";
  }
}
