import type { GroupRecord } from "../../core/record.ts";
import type { Server } from "../server.ts";
import type { World } from "../world.ts";

/** How long a group may take to be whole again once nothing is wrong any more: back-off of failed work, and of streams that do not come about, included. */
export const BACK_MS = 90_000;

/** Once faults have stopped there is one open primary, all members follow it, every operation has ended, and clients write. `null`: so it is; else what is missing. */
export function missing(world: World, sinceMs: number): string | null {
  const { record } = world;
  if (record === null) return "the group is not founded";
  if (record.primary === null || !record.open)
    return `term ${record.term} is ${record.primary === null ? "vacant" : "closed"}`;
  if (record.switchover !== null) return `the switchover is "${record.switchover.phase}"`;
  if (record.commit.length > 1) return "old commit rules are left";
  const { members } = world.configured;
  if (members.length !== record.members.length || !members.every(({ member }) => record.members.includes(member)))
    return "the members are not those of the configuration";
  if (Object.keys(record.reinit).length > 0) return "a new copy is still to be made";
  const primary = world.server(record.primary);
  if (primary?.role !== "primary") return `"${record.primary}" is no primary`;
  const behind = world.settings.hasData ? notSupplied(world, record, primary) : notStandingBy(world, record);
  if (behind !== null) return behind;
  if (world.clients.some((client) => client.lastWriteMs < sinceMs)) return "a client has not written";
  const busy = world.nodes.find(({ loop }) => loop === null || loop.report().work !== null);
  return busy === undefined ? null : `"${busy.name}" is at work`;
}

function notSupplied({ servers }: World, record: GroupRecord, primary: Server): string | null {
  for (const { member, stream, role } of servers) {
    if (member === record.primary) continue;
    if (role !== "standby" || stream?.upstream !== primary || stream.term !== record.term)
      return `"${member}" does not follow`;
    if (![...primary.senders.values()].some((sender) => sender.member === member)) return `"${member}" is not supplied`;
  }
  return null;
}

/** Without data there are no streams: what the agents tell of it is all there is. */
function notStandingBy({ nodes }: World, record: GroupRecord): string | null {
  for (const { name, server, loop } of nodes) {
    if (name === record.primary) continue;
    if (server.role !== "standby" || loop?.report().streaming !== true) return `"${name}" does not stand by`;
  }
  return null;
}
