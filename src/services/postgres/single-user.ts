import type { DataContext } from "./context.ts";
import { serverOptions } from "./settings.ts";

/** What a server without connections needs otherwise than one with them. */
const ALONE: Readonly<Record<string, string>> = {
  exit_on_error: "on",
  // Nobody follows it, so nobody could acknowledge.
  synchronous_standby_names: "",
  synchronous_commit: "local",
  default_transaction_read_only: "off",
  statement_timeout: "0",
  lock_timeout: "0",
  // Statements that set passwords are said nowhere, whatever the configuration wants logged.
  log_statement: "none",
  log_duration: "off",
  log_min_duration_statement: "-1",
  log_min_error_statement: "panic",
};

/**
 * Runs `statements` by the server's single-user mode on the data in `directory`: it listens nowhere, asks
 * for no password, recovers first if the data needs it, and leaves the data cleanly shut down. Resolves
 * with what it printed; rejects at the first statement that fails.
 */
export async function runSingleUser(
  context: DataContext,
  directory: string,
  database: string,
  statements: readonly string[],
  timeoutMs: number,
): Promise<string> {
  const options = Object.entries({ ...ALONE, data_directory: directory }).flatMap(([n, v]) => ["-c", `${n}=${v}`]);
  const args = ["--single", "-j", "-D", directory, ...serverOptions(context), ...options, database];
  const input = statements.map((statement) => `${statement};\n\n`).join("");
  return context.programs.run("postgres", args, {
    as: context.account,
    input,
    timeoutMs,
    signal: context.signal,
  });
}
