import { Command, CommanderError } from "commander";
import { NotPermitted, Unreachable } from "../api/ask.ts";
import { Failure, messageOf, UnknownOutcome, UserError } from "../lib/failure.ts";
import { VERSION } from "../version.ts";
import { commands } from "./commands.ts";
import { Exit, exitCodes, exitMeanings, type ExitCode } from "./exit.ts";

/** Runs one command of the program; resolves to its exit code and never rejects. */
export async function runCli(args: readonly string[]): Promise<number> {
  process.stdout.on("error", leaveOnClosedPipe);
  try {
    await program().parseAsync(args, { from: "user" });
    return exitCodes.done;
  } catch (error) {
    const code = codeOf(error);
    tell(error, code, args.includes("--json"));
    return code;
  }
}

function program(): Command {
  const root = new Command("understudy")
    .description("Keeps services available: a standby takes over within a fraction of a second, and nothing is lost.")
    .version(VERSION)
    .option("-c, --config <file>", "the configuration (default: $UNDERSTUDY_CONFIG, or ./understudy.yaml)")
    .option("-g, --group <name>", "the group (default: the only one)")
    .option("-n, --node <name>", "the node whose agent is asked, or run")
    .option("--json", "results as JSON")
    .option("--no-color", "no colours (so does NO_COLOR)")
    .addHelpText("after", `\n${exitHelp()}`)
    .exitOverride()
    .configureHelp({ showGlobalOptions: true })
    .configureOutput({ outputError: () => undefined });
  for (const add of commands) add(root);
  for (const command of root.commands) command.copyInheritedSettings(root);
  return root;
}

function exitHelp(): string {
  const lines = Object.entries(exitMeanings).map(([code, meaning]) => `  ${code.padStart(3)}  ${meaning}`);
  return ["Exit codes:", ...lines].join("\n");
}

function codeOf(error: unknown): ExitCode {
  if (error instanceof Exit) return error.code;
  if (error instanceof CommanderError) return error.exitCode === 0 ? exitCodes.done : exitCodes.usage;
  if (error instanceof UserError) return exitCodes.bad;
  if (error instanceof Unreachable) return exitCodes.unreachable;
  if (error instanceof NotPermitted) return exitCodes.notPermitted;
  return exitCodes.failed;
}

/** One line (a configuration's mistakes: one each) on the standard error, and with `--json` the same as JSON. */
function tell(error: unknown, code: ExitCode, json: boolean): void {
  const text = textOf(error);
  if (text === "" || code === exitCodes.done) return;
  process.stderr.write(error instanceof UserError ? `${text}\n` : `understudy: ${text}\n`);
  if (json) process.stdout.write(`${JSON.stringify({ error: { code, text } })}\n`);
}

/** Empty when all has been said already. */
function textOf(error: unknown): string {
  if (error instanceof CommanderError)
    return error.code === "commander.help" ? "" : error.message.replace(/^error: /, "").replaceAll("\n", " ");
  const isForeseen = error instanceof Exit || error instanceof UserError || error instanceof Failure;
  if (isForeseen || error instanceof UnknownOutcome) return error.message;
  return `unexpected: ${messageOf(error)}`;
}

/** `understudy events | head` ends when head has seen enough. */
function leaveOnClosedPipe(error: NodeJS.ErrnoException): void {
  if (error.code === "EPIPE") process.exit(exitCodes.done);
  throw error;
}
