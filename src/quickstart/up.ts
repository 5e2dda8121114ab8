import { spawn, type ChildProcess } from "node:child_process";
import { closeSync, openSync } from "node:fs";
import { readFile, writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { isAlive, sendSignal } from "../host/processes.ts";
import { Failure } from "../lib/failure.ts";
import type { Place } from "./place.ts";

const MAIN = fileURLToPath(new URL("../cli/main.ts", import.meta.url));
/** A clean stop writes out what is in memory. */
const STOP_WITHIN_MS = 60_000;

/** `understudy up` as a child: all members, their agents, the proxy. */
export class Up {
  readonly #child: ChildProcess;
  readonly #log: string;
  readonly #ended: Promise<void>;
  #isStopping = false;

  private constructor(child: ChildProcess, log: string) {
    this.#child = child;
    this.#log = log;
    this.#ended = new Promise((resolve) => child.once("exit", () => resolve()));
    process.once("exit", () => child.kill("SIGINT"));
  }

  /** Starts it, in a process group of its own: Ctrl-C reaches us alone, and we stop it in good order. */
  static async start({ file, directory }: Place): Promise<Up> {
    const log = join(directory, "up.log");
    const output = openSync(log, "w", 0o600);
    const child = spawn(process.execPath, [...process.execArgv, MAIN, "up", "--config", file], {
      cwd: directory,
      detached: true,
      stdio: ["ignore", output, output],
    });
    closeSync(output);
    if (child.pid !== undefined) await writeFile(pidFile(directory), `${child.pid}\n`);
    return new Up(child, log);
  }

  /** Rejects with a {@link Failure} when it ends without having been asked to. */
  async failure(): Promise<never> {
    await this.#ended;
    if (this.#isStopping) return new Promise(() => undefined);
    const said = (await readFile(this.#log, "utf8")).trimEnd().split("\n").slice(-8);
    throw new Failure(
      ["Understudy ended unexpectedly. Its last words:", ...said, `All of them: ${this.#log}`].join("\n  "),
    );
  }

  /** Stops everything cleanly: the standbys receive all that the primary has. */
  async stop(): Promise<void> {
    this.#isStopping = true;
    this.#child.kill("SIGINT");
    const late = sleep(STOP_WITHIN_MS, "late" as const, { ref: false });
    if ((await Promise.race([this.#ended, late])) === "late")
      throw new Failure(`Understudy did not stop within ${STOP_WITHIN_MS / 1000} s; see ${this.#log}`);
  }
}

/** Stops what an earlier quickstart left running because it was itself killed. Resolves to whether there was something. */
export async function stopLeftover({ file, directory }: Place): Promise<boolean> {
  const pid = Number.parseInt(await readFile(pidFile(directory), "utf8").catch(() => ""), 10);
  const command = pid > 0 ? await readFile(`/proc/${pid}/cmdline`, "utf8").catch(() => "") : "";
  if (!command.includes(`\0up\0--config\0${file}\0`)) return false;
  sendSignal(pid, "SIGINT");
  const endAtMs = performance.now() + STOP_WITHIN_MS;
  while ((await isAlive(pid)) && performance.now() < endAtMs) await sleep(50);
  return true;
}

function pidFile(directory: string): string {
  return join(directory, "up.pid");
}
