import type { Config, GroupConfig } from "../config/config.ts";
import { timingOf } from "../core/timing.ts";
import type { Settings } from "../core/view.ts";

/** What the rules need to know of a group's configuration. */
export function settingsOf(config: Config, group: GroupConfig, hasData: boolean): Settings {
  return {
    group: group.group,
    hasData,
    members: Object.values(group.members).map(({ member, priority, follows, delayMs }) => ({
      member,
      priority,
      zone: config.nodes[member]?.zone ?? null,
      follows,
      isDelayed: delayMs > 0,
    })),
    durability: group.durability,
    drainMs: config.takeover.drainMs,
    timing: timingOf(config.takeover.leaseMs),
  };
}
