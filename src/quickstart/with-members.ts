import { setTimeout as sleep } from "node:timers/promises";
import { systemClock } from "../agent/system-clock.ts";
import type { Config, GroupConfig } from "../config/config.ts";
import { openStore } from "../store/open-store.ts";
import { GroupWatch } from "./group-watch.ts";
import { LiveStatus } from "./live-status.ts";
import type { Place } from "./place.ts";
import type { QuickstartOptions } from "./options.ts";
import type { Screen } from "./screen.ts";
import { Up } from "./up.ts";

/** What runs while a story is told, and how it is seen. */
export interface Scene {
  readonly place: Place;
  readonly config: Config;
  readonly group: GroupConfig;
  readonly watch: GroupWatch;
  readonly status: LiveStatus;
  readonly beganMs: number;
}

/** Runs the members around a story, and stops them whatever comes of it. Resolves to whether all went well. */
export async function withMembers(
  screen: Screen,
  options: QuickstartOptions,
  place: Place,
  config: Config,
  group: GroupConfig,
  tell: (scene: Scene) => Promise<boolean>,
): Promise<boolean> {
  const beganMs = systemClock.nowMs();
  const up = await Up.start(place);
  const store = await openStore(config.store);
  const watch = new GroupWatch(store, systemClock, group.group, Object.keys(group.members));
  const status = new LiveStatus(screen, watch);
  const stopped = new Promise<"stopped">((resolve) => options.stop.addEventListener("abort", () => resolve("stopped")));
  try {
    const story = tell({ place, config, group, watch, status, beganMs });
    story.catch(() => undefined);
    const came = await Promise.race([story, up.failure(), stopped]);
    if (came !== "stopped") return came;
    return options.once ? false : await Promise.race([story, sleep(100, true)]);
  } finally {
    status.stop();
    screen.say("", "Stopping all members cleanly …");
    await up.stop();
    await store.close();
    screen.say(`Stopped. What there is stays in ${place.directory}; the next start goes on with it.`);
  }
}
