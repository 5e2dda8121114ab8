import { findProgram } from "../../host/find-program.ts";
import { runProgram } from "../../host/run-program.ts";
import { sendSignal } from "../../host/processes.ts";
import { Failure } from "../../lib/failure.ts";
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
  return runProgram((await findProgram(name)) ?? name, args, {
    as: place.account,
    env,
    timeoutMs,
    cwd,
    ...(signal && { signal }),
  });
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
