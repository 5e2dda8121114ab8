import { access, constants } from "node:fs/promises";
import { delimiter, join } from "node:path";
import { runProgram } from "../../host/run-program.ts";
import { sendSignal } from "../../host/processes.ts";
import { Failure, messageOf } from "../../lib/failure.ts";
import { environmentOf, wordsOf, type Role } from "./environment.ts";
import type { Life } from "./life.ts";
import { workDirectory, type Place } from "./place.ts";
import type { Tell } from "../../config/process-config.ts";

/** Runs a command about the process; resolves with what it wrote. Rejects with a {@link Failure} that quotes it. */
export async function runCommand(
  place: Place,
  command: readonly string[],
  role: Role,
  timeoutMs: number,
  signal?: AbortSignal,
): Promise<string> {
  const [name = "", ...args] = wordsOf(command, place);
  const env = { PATH: process.env["PATH"] ?? "", ...environmentOf(place, role) };
  const cwd = place.config.directory ?? workDirectory(place);
  return runProgram(await find(name), args, { as: place.account, env, timeoutMs, cwd, ...(signal && { signal }) });
}

/** Tells the process something: by a signal, or by a command that returns once it is done. */
export async function tell(place: Place, life: Life, how: Tell, role: Role, timeoutMs: number): Promise<void> {
  if ("command" in how) await runCommand(place, how.command, role, timeoutMs);
  else if (!sendSignal(life.pid, how.signal)) throw new Failure(`It has ended before ${how.signal} reached it`);
}

/** How far the data goes, as `position` says: a whole number in its output's last line. Rejects with a {@link Failure}. */
export async function askPosition(place: Place, role: Role, timeoutMs: number): Promise<number> {
  const { position } = place.config;
  if (position === null) throw new Failure("Nobody knows how to ask for its position");
  const said = await runCommand(place, position.command, role, timeoutMs);
  const last = said.trim().split("\n").at(-1) ?? "";
  const offset = Number(last);
  if (last !== "" && Number.isSafeInteger(offset) && offset >= 0) return offset;
  throw new Failure(`"${position.command.join(" ")}" said "${last.slice(0, 80)}", which is no whole number`);
}

/** The program in the search path; one that is nowhere is left to fail under its own name. */
async function find(name: string): Promise<string> {
  if (name.includes("/")) return name;
  for (const directory of (process.env["PATH"] ?? "").split(delimiter).filter(Boolean)) {
    const file = join(directory, name);
    if ((await access(file, constants.X_OK).then(() => true, messageOf)) === true) return file;
  }
  return name;
}
