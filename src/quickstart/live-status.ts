import { systemClock } from "../agent/system-clock.ts";
import { countBetween } from "./client/gap.ts";
import type { Load } from "./client/load.ts";
import { describeMember, describeMembers } from "./describe.ts";
import type { GroupSight, GroupWatch } from "./group-watch.ts";
import type { Screen } from "./screen.ts";

/** Between two looks: calm for the eye, and cheap. */
const LOOK_MS = 250;
/** The pace that is shown is that of the last seconds. */
const PACE_MS = 2000;

/**
 * Shows how the group and the client do, for as long as it runs: on a terminal drawn anew in place, elsewhere
 * a line whenever a member's state changes.
 */
export class LiveStatus {
  readonly #screen: Screen;
  readonly #watch: GroupWatch;
  readonly #timer: NodeJS.Timeout;
  readonly #told = new Map<string, string>();
  #looking = false;
  #load: Load | null = null;

  constructor(screen: Screen, watch: GroupWatch) {
    this.#screen = screen;
    this.#watch = watch;
    this.#timer = setInterval(() => void this.#look(), LOOK_MS);
  }

  /** From now on the client's figures are shown, too. */
  follow(load: Load): void {
    this.#load = load;
  }

  stop(): void {
    clearInterval(this.#timer);
    this.#screen.live([]);
    this.#looking = true;
  }

  async #look(): Promise<void> {
    if (this.#looking) return;
    this.#looking = true;
    try {
      const sight = await this.#watch.look();
      if (this.#screen.isLive) this.#screen.live(["", ...describeMembers(sight.members), ...this.#clientLine()]);
      else this.#tellChanges(sight);
    } catch {
      // The store did not answer in time; the next look is soon.
    } finally {
      this.#looking = false;
    }
  }

  #clientLine(): readonly string[] {
    if (this.#load === null) return [];
    const { acknowledgedAtMs } = this.#load.ledger;
    const nowMs = systemClock.nowMs();
    const pace = Math.round((1000 * countBetween(acknowledgedAtMs, nowMs - PACE_MS, nowMs)) / PACE_MS);
    return [`  client: ${acknowledgedAtMs.length} commits acknowledged, ${pace} a second`];
  }

  #tellChanges({ members }: GroupSight): void {
    for (const member of members) {
      const text = describeMember(member);
      const kind = text.replaceAll(/\d+/g, "");
      if (this.#told.get(member.member) === kind) continue;
      this.#told.set(member.member, kind);
      this.#screen.say(`  ${member.member}  ${text}`);
    }
  }
}
