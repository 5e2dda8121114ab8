import type { Command } from "commander";
import type { GroupStatus } from "../../api/agent-port.ts";
import { formatBytes } from "../../lib/units.ts";
import { askFor } from "../ask-for.ts";
import { Context, knownOr, whoAsks } from "../context.ts";
import { Exit, exitCodes } from "../exit.ts";
import { addWaiting, reportChange, type WaitOptions } from "../wait-for-change.ts";

type Options = WaitOptions & { to?: string; because?: string; acceptLoss?: boolean };

/** `failover`: a takeover that the members would not dare by themselves. */
export function addFailover(program: Command): void {
  const command = program
    .command("failover")
    .description("let a standby take over although something may be lost; says first what that could be")
    .option("--to <member>", "who shall take over (default: the most advanced)")
    .option("--accept-loss", "take over although acknowledged writes may be lost")
    .option("--because <text>", "why, for the record and the events");
  addWaiting(command).action(async (options: Options, self: Command) => {
    const context = Context.of(self);
    const config = await context.loadConfig();
    const group = context.groupOf(config);
    const to = options.to ?? null;
    if (to !== null) knownOr(to, Object.keys(config.groups[group]?.members ?? {}), "member");
    const agent = await context.connect(config);
    const status = (await agent.status()).groups.find((g) => g.group === group);
    const acceptLoss = options.acceptLoss === true;
    const operation = { do: "failover", group, to, acceptLoss, by: whoAsks(), because: options.because ?? "" } as const;
    const asked = await askFor(agent, operation).catch((error: unknown) => {
      if (error instanceof Exit && error.code === exitCodes.unsafe && !acceptLoss && status !== undefined)
        throw new Exit(error.code, [error.message, ...whatIsKnown(status)].join("\n  "));
      throw error;
    });
    const before = status?.record ?? null;
    await reportChange(context, config, { group, before, asked, isOurs: (r) => r.acceptedLoss !== null }, options);
  });
}

/** How far everybody's data goes, for whoever has to decide. */
function whatIsKnown({ record, members, ready }: GroupStatus): readonly string[] {
  if (record?.primary != null && record.open) return [];
  const known = members.map(({ member, report }) => {
    const sealed = record?.sealed[member];
    if (sealed !== undefined)
      return `${member}: sealed at offset ${sealed.position.offset} of term ${sealed.position.term}`;
    if (report?.offset == null) return `${member}: nothing is known`;
    return `${member}: ${report.state}, at about offset ${report.offset}`;
  });
  const offsets = members.flatMap((m) => record?.sealed[m.member]?.position.offset ?? m.report?.offset ?? []);
  const apart =
    offsets.length > 1 ? [`they are up to ${formatBytes(Math.max(...offsets) - Math.min(...offsets))} apart`] : [];
  return [
    `not by itself: ${ready.because}`,
    ...known,
    ...apart,
    "to do it all the same: understudy failover --accept-loss",
  ];
}
