import type { GroupRecord } from "./record.ts";
import type { View } from "./view.ts";

/** A standby that follows this primary, and how far it is. */
export interface StandingBy {
  readonly member: string;
  readonly offset: number;
}

/**
 * The standbys that follow this primary in its term: those in its stream. A service without data has no streams; there the
 * agents tell, of whom one that was not heard of for a lease says nothing any more.
 */
export function standbysOf({ service, settings, peers, nowMs }: View, record: GroupRecord): readonly StandingBy[] {
  if (settings.hasData) return service.followers.filter((f) => f.streaming && f.term === record.term);
  return record.members
    .filter((member) => {
      const peer = peers[member];
      if (peer === undefined || nowMs - peer.heardAtMs >= settings.timing.leaseMs) return false;
      return peer.report.state === "standby" && peer.report.streaming;
    })
    .map((member) => ({ member, offset: 0 }));
}
