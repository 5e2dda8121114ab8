import type { Command } from "commander";
import { askFor } from "../ask-for.ts";
import { Context, knownOr, whoAsks } from "../context.ts";
import { addWaiting, reportChange, type WaitOptions } from "../wait-for-change.ts";

/** `switchover`: a planned change of the primary. */
export function addSwitchover(program: Command): void {
  const command = program
    .command("switchover")
    .description("hand over to a standby in good order: clients are held, nothing is lost")
    .option("--to <member>", "who shall take over (default: the best standby)")
    .option("--because <text>", "why, for the record and the events");
  addWaiting(command).action(async (options: WaitOptions & { to?: string; because?: string }, self: Command) => {
    const context = Context.of(self);
    const config = await context.loadConfig();
    const group = context.groupOf(config);
    const to = options.to ?? null;
    if (to !== null) knownOr(to, Object.keys(config.groups[group]?.members ?? {}), "member");
    const agent = await context.connect(config);
    const before = (await agent.status()).groups.find((g) => g.group === group)?.record ?? null;
    const asked = await askFor(agent, { do: "switchover", group, to, by: whoAsks(), because: options.because ?? "" });
    await reportChange(
      context,
      config,
      { group, before, asked, isOurs: (r) => r.switchover?.id === asked.id },
      options,
    );
  });
}
