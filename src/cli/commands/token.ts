import { writeFile } from "node:fs/promises";
import { InvalidArgumentError, type Command } from "commander";
import { paths } from "../../api/contract.ts";
import { Failure, messageOf } from "../../lib/failure.ts";
import { formatMs, parseDuration } from "../../lib/units.ts";
import type { Token } from "../../membership/token.ts";
import { Context, whoAsks } from "../context.ts";
import { doneOr } from "../done-or.ts";

const HOUR_MS = 3_600_000;

interface TokenOptions {
  readonly for?: string;
  readonly valid: number;
  readonly out?: string;
}

/** `token create`: what lets a new host in, once. */
export function addToken(program: Command): void {
  program
    .command("token")
    .description("let a new host in")
    .command("create")
    .description("make a token that lets one host join, as a file for `understudy join`")
    .option("--for <node>", "the only node that it lets in (default: any)")
    .option("--valid <duration>", "for how long it can be used (default: 1h)", readDuration, HOUR_MS)
    .option("--out <file>", "where it goes, readable by you alone (default: the standard output)")
    .action(async (options: TokenOptions, command: Command) => {
      const context = Context.of(command);
      const agent = await context.connect(await context.loadConfig());
      const wish = { node: options.for ?? null, validMs: options.valid, by: whoAsks() };
      const token = doneOr(await agent.membership<Token>(paths.tokens, wish));
      const text = `${JSON.stringify(token, null, context.json ? 0 : 2)}\n`;
      if (options.out === undefined) return context.print(text.trimEnd());
      await save(options.out, text);
      context.say(
        `${options.out}: lets one host in within ${formatMs(options.valid)}. On that host: understudy join ${options.out}`,
      );
    });
}

async function save(file: string, text: string): Promise<void> {
  await writeFile(file, text, { mode: 0o600, flag: "wx" }).catch((error: NodeJS.ErrnoException) => {
    if (error.code === "EEXIST") throw new Failure(`There is a file "${file}" already; it was left as it is`);
    throw new Failure(`The token cannot be written: ${messageOf(error)}`);
  });
}

function readDuration(text: string): number {
  const ms = parseDuration(text);
  if (ms === null) throw new InvalidArgumentError("Expected a duration such as 1h.");
  return ms;
}
