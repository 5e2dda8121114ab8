import type { Command } from "commander";
import type { Config } from "../../config/config.ts";
import { Context } from "../context.ts";
import { Exit, exitCodes } from "../exit.ts";

/** `check`: what is wrong with the configuration. */
export function addCheck(program: Command): void {
  program
    .command("check")
    .description("say what is wrong with the configuration and the programs that it names, with line and column")
    .argument("[file]", "the configuration (default: as with --config)")
    .action(async (file: string | undefined, _options: unknown, command: Command) => {
      const context = Context.of(command);
      const { checkConfig } = await import("../../config/load.ts");
      const { describeProblem } = await import("../../config/problem.ts");
      const { checkPrograms } = await import("../check-programs.ts");
      const { config, problems: ofFile } = await checkConfig(file ?? context.file);
      const problems = config === null ? ofFile : await checkPrograms(config);
      const isRight = problems.length === 0;
      if (context.json) context.printJson({ file: file ?? context.file, ok: isRight, problems });
      else if (config === null || !isRight) for (const problem of problems) context.say(describeProblem(problem));
      else context.print(`${config.file} is right: ${contents(config)}`);
      if (!isRight) throw new Exit(exitCodes.bad);
    });
}

function contents(config: Config): string {
  const counted = (names: object, word: string): string => {
    const list = Object.keys(names);
    if (list.length === 0) return `no ${word}s`;
    return `${list.length} ${word}${list.length === 1 ? "" : "s"} (${list.join(", ")})`;
  };
  return `cluster ${config.cluster}, ${counted(config.nodes, "node")}, ${counted(config.groups, "group")}`;
}
