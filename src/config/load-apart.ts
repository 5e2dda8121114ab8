import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { Failure, messageOf, UserError } from "../lib/failure.ts";
import type { Config } from "./config.ts";
import type { ConfigCheck } from "./load.ts";
import { describeProblem } from "./problem.ts";

/** Reading takes about 0.2 s; a machine under load may take longer. */
const READ_MS = 30_000;

/**
 * Like `loadConfig`, in a process of its own: the schema and the parser cost 16 MB that a process which
 * lives for months need not hold. Rejects with a {@link UserError} or, when that process fails, a {@link Failure}.
 */
export async function loadConfigApart(file: string): Promise<Config> {
  const reader = fileURLToPath(new URL("read-apart.ts", import.meta.url));
  const { stdout } = await promisify(execFile)(process.execPath, [...process.execArgv, reader, file], {
    timeout: READ_MS,
    maxBuffer: 64 * 1024 * 1024,
  }).catch((error: unknown) => {
    throw new Failure(`Cannot read "${file}" in a process of its own: ${messageOf(error)}`);
  });
  const { config, problems } = JSON.parse(stdout) as ConfigCheck;
  if (config === null) throw new UserError(problems.map(describeProblem).join("\n"));
  return config;
}
