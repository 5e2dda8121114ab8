import { randomBytes } from "node:crypto";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { messageOf } from "../../src/lib/failure.ts";
import { ControlGroup, mountPoint } from "./control-group.ts";
import { system } from "./system.ts";

/** One file a run, until everything of it is gone. */
const BOOK = "/run/understudy-hosts";
const PREFIX = "understudy-hosts-";

/** A run's traces on the machine: its name is in the names of all of them. */
export interface Run {
  readonly name: string;
  /** Its files; the hosts' directories are in it. */
  readonly directory: string;
  readonly pid: number;
  /** With the process's number it says which process that was: numbers come back. */
  readonly startedAt: string;
}

/** Enters a new run of this process in the book, before anything of it is made. */
export function beginRun(): Run {
  const name = `${PREFIX}${process.pid}-${randomBytes(3).toString("hex")}`;
  const directory = mkdtempSync(join(tmpdir(), "hosts-"));
  chmodSync(directory, 0o711);
  const run = { name, directory, pid: process.pid, startedAt: startOf(process.pid) ?? "" };
  mkdirSync(BOOK, { recursive: true, mode: 0o700 });
  const blank = join(BOOK, `new-${name}`);
  writeFileSync(blank, JSON.stringify(run));
  renameSync(blank, join(BOOK, name));
  return run;
}

/**
 * Ends all processes of a run, and removes its namespaces, mounts, control groups and files. What is gone already is
 * fine; what does not go is said on standard error and left in the book, so that the next run tries again. Never throws.
 */
export function removeRun({ name, directory }: Run): void {
  const steps = [
    () => removeGroups(name),
    () => namespacesOf(name).forEach((namespace) => system("ip", ["netns", "delete", namespace])),
    () => mountsIn(directory).forEach((mount) => system("umount", ["--lazy", mount])),
    () => rmSync(directory, { recursive: true, force: true, maxRetries: 5 }),
    () => rmSync(join(BOOK, name), { force: true }),
  ];
  for (const step of steps) {
    try {
      step();
    } catch (error) {
      process.stderr.write(`Not everything of the hosts "${name}" is gone: ${messageOf(error)}\n`);
      return;
    }
  }
}

/** Removes what runs have left whose process is gone. */
export function removeLeftovers(): void {
  for (const name of entries(BOOK).filter((entry) => entry.startsWith(PREFIX))) {
    const run = runOf(name);
    if (run !== null && startOf(run.pid) !== run.startedAt) removeRun(run);
  }
}

/** `null`: somebody else has just removed it. */
function runOf(name: string): Run | null {
  try {
    return JSON.parse(readFileSync(join(BOOK, name), "utf8")) as Run;
  } catch {
    return null;
  }
}

/** Everything of a run that is still on the machine; empty: it has left no trace. */
export function tracesOf({ name, directory }: Run): readonly string[] {
  const files = [directory, join(BOOK, name), join(mountPoint(), name)];
  return [...namespacesOf(name), ...mountsIn(directory), ...files.filter((file) => existsSync(file))];
}

function namespacesOf(name: string): readonly string[] {
  return entries("/run/netns").filter((namespace) => namespace.startsWith(name));
}

function removeGroups(name: string): void {
  if (!existsSync(join(mountPoint(), name))) return;
  const groups = readdirSync(join(mountPoint(), name), { withFileTypes: true }).filter((entry) => entry.isDirectory());
  for (const group of groups) new ControlGroup(name, group.name).remove();
  new ControlGroup(name).remove();
}

function mountsIn(directory: string): readonly string[] {
  const mounts = readFileSync("/proc/self/mounts", "utf8").split("\n");
  return mounts.map((line) => line.split(" ")[1] ?? "").filter((mount) => mount.startsWith(`${directory}/`));
}

function entries(directory: string): readonly string[] {
  return existsSync(directory) ? readdirSync(directory) : [];
}

/** When a process started, in the kernel's ticks; `null`: there is none, or only a zombie. */
function startOf(pid: number): string | null {
  try {
    const fields = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ").at(-1)?.split(" ") ?? [];
    return fields[0] === "Z" ? null : (fields[19] ?? null);
  } catch {
    return null;
  }
}
