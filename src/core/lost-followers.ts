import { contactOf, type Heard } from "./heard.ts";
import type { Follower, ServiceLook } from "./service-look.ts";
import type { Timing } from "./timing.ts";
import type { View } from "./view.ts";

/**
 * `look` of a primary, with those standbys out of the stream whose host is gone. A connection to a host that has lost its power stands
 * for as long as TCP is patient, and writes would wait for an acknowledgement that cannot come. Two signs are asked for: the agent there has
 * fallen silent, and the standby, which lacks something, has acknowledged nothing since the look `before`.
 */
export function withoutLost(
  look: ServiceLook,
  before: ServiceLook | null,
  heard: View["heard"],
  timing: Timing,
): ServiceLook {
  if (look.state !== "primary") return look;
  const isLost = (of: Follower): boolean =>
    isSilent(heard[of.member], timing) && lacksSomething(of, look) && !hasMoved(of, before);
  if (!look.followers.some(isLost)) return look;
  return { ...look, followers: look.followers.map((of) => (isLost(of) ? { ...of, streaming: false } : of)) };
}

/** Whether heartbeats with a node have been exchanged, and are not any more. */
export function isSilent(of: Heard | undefined, timing: Timing): boolean {
  return of !== undefined && contactOf(of, timing) === "silent";
}

function lacksSomething({ offset }: Follower, look: ServiceLook): boolean {
  return look.offset !== null && offset < look.offset;
}

function hasMoved({ member, offset }: Follower, before: ServiceLook | null): boolean {
  return before?.followers.find((f) => f.member === member)?.offset !== offset;
}
