import { systemClock } from "../../src/agent/system-clock.ts";
import { loadConfig } from "../../src/config/load.ts";
import { Failure } from "../../src/lib/failure.ts";
import { GroupWatch, whatIsMissing } from "../../src/quickstart/group-watch.ts";
import { openStore } from "../../src/store/open-store.ts";
import type { OurObserved } from "./observer-messages.ts";
import type { Sight } from "./sight.ts";

/** Looks at a group of our agents in the store. */
export async function openOurSight({ file, group }: OurObserved): Promise<Sight> {
  const config = await loadConfig(file);
  const isAsynchronous = config.groups[group]?.durability.lossless === "off";
  const members = Object.keys(config.groups[group]?.members ?? {});
  const watch = new GroupWatch(await openStore(config.store), systemClock, group, members);
  return {
    async record() {
      const { record } = await watch.look();
      if (record === null) throw new Failure("The group has not been founded.");
      return record;
    },
    events: () => watch.events(),
    missing: async () => whatIsMissing(await watch.look(), isAsynchronous),
  };
}
