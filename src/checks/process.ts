import { readdirSync, readFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { basename } from "node:path";
import type { ProcessCheckConfig } from "../config/check-config.ts";
import type { Clock } from "../lib/clock.ts";
import { Failure } from "../lib/failure.ts";
import { attemptCheck, type Seen } from "./attempt-check.ts";
import type { Check } from "./check.ts";

export type ProcessQuestion = Pick<ProcessCheckConfig, "pidFile" | "command">;

/** Whether a process lives that a file or its name tells. Zombies do not live. Needs `/proc`. */
export function processCheck({ pidFile, command }: ProcessQuestion, clock: Clock): Check {
  let known: number | null = null;
  const byName = (name: string): Seen => {
    if (known === null || !isNamed(known, name)) known = findNamed(name);
    if (known === null) throw new Failure(`no process is called "${name}"`);
    return { text: `process ${known} lives` };
  };
  return attemptCheck(async () => (pidFile === null ? byName(command ?? "") : byFile(pidFile, command)), clock);
}

async function byFile(pidFile: string, command: string | null): Promise<Seen> {
  const text = await readFile(pidFile, "latin1").catch((error: NodeJS.ErrnoException) => {
    throw new Failure(error.code === "ENOENT" ? `there is no "${pidFile}"` : error.message);
  });
  // PostgreSQL and others write more lines behind it.
  const pid = Number(/^\s*(\d+)\s*(\n|$)/.exec(text)?.[1] ?? Number.NaN);
  if (Number.isNaN(pid)) throw new Failure(`"${pidFile}" does not begin with a process's number`);
  if (!lives(pid)) throw new Failure(`process ${pid} of "${pidFile}" does not live`);
  if (command !== null && !isNamed(pid, command))
    throw new Failure(`process ${pid} of "${pidFile}" is no "${command}"`);
  return { text: `process ${pid} lives` };
}

function findNamed(name: string): number | null {
  const pids = readdirSync("/proc").filter((entry) => /^\d+$/.test(entry));
  return pids.map(Number).find((pid) => isNamed(pid, name)) ?? null;
}

function isNamed(pid: number, name: string): boolean {
  const kept = /^\d+ \((.*)\) [^ZX]/s.exec(procFile(pid, "stat"))?.[1];
  if (kept === undefined) return false;
  if (kept === name) return true;
  return basename(procFile(pid, "cmdline").split("\0")[0] ?? "") === name;
}

function lives(pid: number): boolean {
  return /^\d+ \(.*\) [^ZX]/s.test(procFile(pid, "stat"));
}

/** `""` when there is no such process. Memory of the kernel, read at once. */
function procFile(pid: number, name: "stat" | "cmdline"): string {
  try {
    return readFileSync(`/proc/${pid}/${name}`, "latin1");
  } catch {
    return "";
  }
}
