import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { hostname } from "node:os";
import { text as textOf } from "node:stream/consumers";
import type { Command } from "commander";
import { NAME, NAME_MEANS } from "../../config/names.ts";
import { messageOf, UserError } from "../../lib/failure.ts";
import { Context } from "../context.ts";
import { doneOr } from "../done-or.ts";
import { Exit, exitCodes } from "../exit.ts";
import { followJoining } from "../follow-joining.ts";

interface JoinOptions {
  readonly host?: string;
  readonly zone?: string;
  readonly start: boolean;
}

/** `join`: this host becomes a node of a cluster, and stays one until Ctrl-C. */
export function addJoin(program: Command): void {
  program
    .command("join")
    .description(
      "make this host a node of a cluster by a token, and run it (--node, default: its host name; -c: where the configuration goes)",
    )
    .argument("<token>", "the file that `understudy token create` has made; - for the standard input")
    .option("--host <host>", "by which the others reach this host (default: the address from which it reaches them)")
    .option("--zone <zone>", "what this host shares its fate with")
    .option("--no-start", "only write the files; `understudy agent` or systemd does the rest")
    .action(async (file: string, options: JoinOptions, command: Command) => {
      const context = Context.of(command);
      const node = nameOf(context);
      const { askToJoin } = await import("../../membership/ask-to-join.ts");
      const { parseToken } = await import("../../membership/token.ts");
      const { requireNoConfiguration, settleIn } = await import("../../membership/settle-in.ts");
      await requireNoConfiguration(context.file);
      const token = parseToken(await readToken(file));
      const who = { node, host: options.host ?? null, zone: options.zone ?? null };
      const welcome = doneOr(await askToJoin(token, who));
      const config = await settleIn(context.file, node, welcome);
      context.say(`"${node}" is a node of "${welcome.cluster}"; the configuration is in ${context.file}`);
      const known = config.nodes[node]?.peer?.host;
      if (options.host !== undefined && known !== options.host)
        context.say(
          `The configuration had "${node}" already, at ${known ?? "no address"}: --host ${options.host} changes nothing`,
        );
      if (!options.start) return context.say(`Run it with: understudy agent --node ${node} -c ${context.file}`);
      const { Supervisor } = await import("../supervisor.ts");
      const asked = Promise.race([once(process, "SIGINT"), once(process, "SIGTERM")]);
      const supervisor = await Supervisor.start(config, (said) => context.say(said), node);
      const stop = new AbortController();
      void followJoining(config, node, (said) => context.say(said), stop.signal);
      await asked;
      stop.abort();
      context.say("stopping its services");
      await supervisor.stop();
    });
}

function nameOf({ node }: Context): string {
  const name = node ?? (hostname().split(".")[0] ?? "").toLowerCase();
  if (NAME.test(name)) return name;
  throw new Exit(exitCodes.usage, `"${name}" cannot be a node's name; name it with --node: ${NAME_MEANS}`);
}

async function readToken(file: string): Promise<string> {
  if (file === "-") return textOf(process.stdin);
  return readFile(file, "utf8").catch((error: unknown) => {
    throw new UserError(`The token cannot be read: ${messageOf(error)}`);
  });
}
