import type { Command } from "commander";
import type { ClusterStatus } from "../../api/agent-port.ts";
import type { Config } from "../../config/config.ts";
import { Context } from "../context.ts";
import { Exit, exitCodes } from "../exit.ts";
import { renderStatus } from "../render-status.ts";
import { watch } from "../watch.ts";

/** `status`: how things are; exit code 2 unless all groups are healthy. */
export function addStatus(program: Command): void {
  program
    .command("status")
    .description("show who is primary, who could take over, and how everybody is")
    .option("-w, --watch", "go on showing it until Ctrl-C")
    .action(async (options: { watch?: boolean }, command: Command) => {
      const context = Context.of(command);
      const config = await context.loadConfig();
      context.groupsOf(config);
      if (options.watch === true) return watch(context, config, () => currentStatus(context, config));
      const status = await currentStatus(context, config);
      if (context.json) context.printJson(status);
      else context.print(...renderStatus(status, context.width, context.paint));
      const isWell = status.groups.length > 0 && status.groups.every((group) => group.state === "healthy");
      if (!isWell) throw new Exit(exitCodes.bad);
    });
}

/** The status of the groups that are meant, by any agent that answers. */
async function currentStatus(context: Context, config: Config): Promise<ClusterStatus> {
  const status = await (await context.connect(config)).status();
  const wanted = context.groupsOf(config);
  return { ...status, groups: status.groups.filter(({ group }) => wanted.includes(group)) };
}
