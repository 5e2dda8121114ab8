import { spawn } from "node:child_process";
import { once } from "node:events";
import { chown, mkdir, open, stat } from "node:fs/promises";
import type { Writable } from "node:stream";
import { identityOptions, isRoot, type Account } from "../../host/account.ts";
import { makeControlGroup } from "../../host/control-group.ts";
import type { ProcessConfig } from "../../config/process-config.ts";
import { findProgram } from "../../host/find-program.ts";
import { usualPriority } from "../../host/priority.ts";
import { Failure, messageOf } from "../../lib/failure.ts";
import { markOf, processEnvironment, wordsOf, type Role } from "./environment.ts";
import type { Launched } from "./launcher.ts";
import { seenProcess } from "./life.ts";
import { outputFile, workDirectory, type Place } from "./place.ts";

/** What is run, as whom. */
interface Program {
  readonly file: string;
  readonly args: readonly string[];
  readonly as: { readonly uid?: number; readonly gid?: number };
}

/**
 * Enters the control group before anything of the program's own can run, so that nothing that it starts is born outside; then waits for
 * the word, and ends without it.
 */
const ENTER =
  '[ -z "$0" ] || echo $$ > "$0/cgroup.procs"; read -r word <&3 && [ "$word" = go ] && exec "$@" 3<&-; exit 125';

/**
 * Starts the process in two steps, because a cold one does not run yet when the guard is armed: what waits for the word is found and ended by the
 * guard, so if the time of a primary is not over by the time that it waits, nobody can have missed it. A program that stood still
 * meanwhile, with its host or alone, starts nothing when it goes on.
 *
 * It is in a session of its own, so that it outlives this program; all that it starts shows by its environment, and
 * where there are control groups by its group, whose it is. Rejects with a {@link Failure} when it cannot be started at all.
 */
export async function launch(place: Place<ProcessConfig>, role: Role): Promise<Launched> {
  const { config, account } = place;
  await mkdir(workDirectory(place), { recursive: true, mode: 0o755 });
  if (account.uid !== process.getuid?.()) await chown(workDirectory(place), account.uid, account.gid);
  const cwd = config.directory ?? workDirectory(place);
  await requireDirectory(cwd);
  const controlGroup = makeControlGroup(`understudy-${markOf(place)}`);
  const { file, args, as } = await programOf(place, controlGroup);
  const output = await open(outputFile(place), "a", 0o640).catch((error: unknown) => {
    throw new Failure(`Cannot write the process's output: ${messageOf(error)}`);
  });
  try {
    const env = processEnvironment(place, role);
    const stdio = ["ignore", output.fd, output.fd, "pipe"] as const;
    const child = spawn(file, args, { ...as, cwd, env, stdio: [...stdio], detached: true });
    const failed = once(child, "error").catch(() => []);
    const ended = new Promise<string>((resolve) =>
      child.once("exit", (code, by) => resolve(by === null ? `with ${code}` : `by ${by}`)),
    );
    if (child.pid === undefined) throw new Failure(`Cannot start "${file}": ${messageOf((await failed)[0])}`);
    usualPriority(child.pid);
    child.unref();
    const startTime = seenProcess(child.pid)?.startTime ?? "";
    const begins = mayBegin(place, role);
    say(child.stdio[3] as Writable, begins);
    if (!begins) {
      await ended;
      throw new Failure("It was not started: the time for which it may be primary is over");
    }
    return { ended, life: { ...role, pid: child.pid, startTime, controlGroup, isSettled: false } };
  } finally {
    await output.close();
  }
}

async function programOf(place: Place<ProcessConfig>, controlGroup: string | null): Promise<Program> {
  const { account, config } = place;
  const [name = "", ...args] = wordsOf(config.command, place);
  const file = await findProgram(name);
  if (file === null)
    throw new Failure(
      `Cannot start "${name}": there is no such program that may be run. Give its whole path in "command"`,
    );
  const drop = await dropping(account);
  const inGroup = (group: string, ...words: readonly string[]): readonly string[] => ["-c", ENTER, group, ...words];
  if (controlGroup === null || drop === null)
    return { file: "/bin/sh", args: inGroup("", file, ...args), as: identityOptions(account) };
  return { file: "/bin/sh", args: inGroup(controlGroup, ...drop, file, ...args), as: {} };
}

function mayBegin({ clock, guardedUntilMs }: Place, { role }: Role): boolean {
  return role === "standby" || guardedUntilMs() > clock.nowMs();
}

/** Without the word the end of the pipe tells that there will be none. */
function say(pipe: Writable, isWord: boolean): void {
  pipe.on("error", () => undefined);
  pipe.end(isWord ? "go\n" : "");
}

/** How a program becomes somebody else once it has entered its control group, which is root's; `null`: it cannot. */
async function dropping({ uid, gid }: Account): Promise<readonly string[] | null> {
  if (!isRoot() || uid === 0) return [];
  const setpriv = await findProgram("setpriv");
  return setpriv === null ? null : [setpriv, "--reuid", String(uid), "--regid", String(gid), "--clear-groups", "--"];
}

async function requireDirectory(directory: string): Promise<void> {
  const found = await stat(directory).catch(() => null);
  if (found?.isDirectory() !== true)
    throw new Failure(`Cannot start it: there is no directory "${directory}" to work in`);
}
