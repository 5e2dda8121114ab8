import { messageOf, UserError } from "../lib/failure.ts";
import { readOptions, USAGE } from "./options.ts";

/** See `USAGE` for what the exit codes mean. What is imported here first must not import the core: a rule may be taken out of it. */
async function main(args: readonly string[]): Promise<number> {
  const options = readOptions(args);
  switch (options.do) {
    case "help":
      process.stdout.write(`${USAGE}\n`);
      return 0;
    case "rules":
      return (await import("./rules-table.ts")).showRules(print);
    case "without":
      return (await import("./without.ts")).showWithout(options.rule, print);
    case "full":
    case "quick": {
      const { checkWorlds } = await import("./check-worlds.ts");
      return checkWorlds(options.do === "full", print);
    }
  }
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}

for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.once(signal, () => process.exit(130));

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  if (!(error instanceof UserError)) throw error;
  process.stderr.write(`${messageOf(error)}\n`);
  process.exitCode = 2;
}
