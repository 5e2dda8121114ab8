import { zoneOf } from "../../core/places.ts";
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
  if (isInOneZone(world, record)) return "writes may be in one zone only";
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

function notSupplied(world: World, record: GroupRecord, primary: Server): string | null {
  for (const { member, stream, role } of world.servers) {
    if (member === record.primary) continue;
    if (role !== "standby" || stream?.term !== record.term) return `"${member}" does not follow`;
    if (stream.upstream !== primary && stream.upstream.member !== followedBy(world, member))
      return `"${member}" follows another`;
    if (stream.upstream !== primary) continue;
    if (![...primary.senders.values()].some((sender) => sender.member === member)) return `"${member}" is not supplied`;
  }
  return null;
}

function followedBy({ configured }: World, member: string): string | null {
  return configured.members.find((m) => m.member === member)?.follows ?? null;
}

/** Where enough copies are in other zones than the primary's, writes wait for one of them. */
function isInOneZone({ configured }: World, { primary, commit }: GroupRecord): boolean {
  const { durability, members } = configured;
  const zone = zoneOf(configured, primary ?? "");
  if (zone === null || durability.lossless === "off") return false;
  const far = members.filter(({ member }) => durability.of.includes(member) && zoneOf(configured, member) !== zone);
  const near = commit.flatMap(({ of }) => of).filter(({ member }) => zoneOf(configured, member) === zone);
  return far.length >= durability.need && near.length > 0;
}

/** Without data there are no streams: what the agents tell of it is all there is. */
function notStandingBy({ nodes }: World, record: GroupRecord): string | null {
  for (const { name, server, loop } of nodes) {
    if (name === record.primary) continue;
    if (server.role !== "standby" || loop?.report().streaming !== true) return `"${name}" does not stand by`;
  }
  return null;
}
