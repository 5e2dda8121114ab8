import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { chown, mkdir, open } from "node:fs/promises";
import { identityOptions } from "../../host/account.ts";
import { enterControlGroup, makeControlGroup } from "../../host/control-group.ts";
import { usualPriority } from "../../host/priority.ts";
import { Failure, messageOf } from "../../lib/failure.ts";
import { markOf, processEnvironment, wordsOf, type Role } from "./environment.ts";
import { seenProcess, type Life } from "./life.ts";
import { outputFile, workDirectory, type Place } from "./place.ts";

/**
 * Starts the process in a session of its own, so that it outlives this program; all that it starts shows by its environment, and
 * where there are control groups by its group, whose it is. Rejects with a {@link Failure} when it cannot be started at all.
 */
export async function launch(place: Place, role: Role): Promise<{ readonly life: Life; readonly child: ChildProcess }> {
  const { config, account, memberDirectory } = place;
  const [program = "", ...args] = wordsOf(config.command, place);
  await mkdir(workDirectory(place), { recursive: true, mode: 0o755 });
  if (account.uid !== process.getuid?.()) await chown(workDirectory(place), account.uid, account.gid);
  const controlGroup = makeControlGroup(`understudy-${markOf(place)}`);
  const output = await open(outputFile(place), "a", 0o640).catch((error: unknown) => {
    throw new Failure(`Cannot write the process's output: ${messageOf(error)}`);
  });
  try {
    const child = spawn(program, args, {
      ...identityOptions(account),
      cwd: config.directory ?? workDirectory(place),
      env: processEnvironment(place, role),
      stdio: ["ignore", output.fd, output.fd],
      detached: true,
    });
    const failed = once(child, "error").catch(() => []);
    if (child.pid === undefined) throw new Failure(explain(program, place, (await failed)[0]));
    if (controlGroup !== null) enterControlGroup(controlGroup, child.pid);
    usualPriority(child.pid);
    child.unref();
    child.on("error", () => undefined);
    const startTime = seenProcess(child.pid)?.startTime ?? "";
    return { child, life: { ...role, pid: child.pid, startTime, controlGroup, isSettled: false } };
  } catch (error) {
    if (error instanceof Failure) throw error;
    throw new Failure(`Cannot start "${program}" in "${memberDirectory}": ${messageOf(error)}`);
  } finally {
    await output.close();
  }
}

function explain(program: string, { config, account }: Place, error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException;
  if (code === "ENOENT" && config.directory !== null)
    return `Cannot start "${program}": there is no such program, or no directory "${config.directory}"`;
  if (code === "ENOENT") return `Cannot start "${program}": there is no such program. Give its whole path in "command"`;
  if (code === "EACCES")
    return `Cannot start "${program}": "${account.name}" may not run it, or may not enter its directory`;
  return `Cannot start "${program}": ${message}`;
}
