import type { CommitRule } from "../../core/commit-rule.ts";
import { sameRule } from "../../core/commit-rule.ts";
import type { GroupRecord } from "../../core/record.ts";
import type { Server } from "../server.ts";
import type { Entry } from "../wal.ts";
import type { World } from "../world.ts";
import type { MakeCheck } from "./check.ts";

/** Rules 8 and 9, at the moment in which a write is acknowledged, a term opens, or a commit rule goes or comes. */
export const covered: MakeCheck = (world) => ({
  proves:
    "what is acknowledged is on as many disks as the rule in force asks for, of copies that have noted the term; a term opens, and a rule goes, only when that is so under the new one",
  acknowledged(server, count) {
    if (!world.isLossless || server.isAltered || hasLost(world)) return;
    const term = server.reign?.term ?? server.disk.promoting ?? 0;
    const entry = server.disk.log[count - 1];
    if (
      !server.rules.some((rule) => lacking(world, rule, has(count, entry, term)).length <= rule.of.length - rule.need)
    )
      world.violated(this, `"${server.member}" acknowledges in term ${term} what too few have on their disks`);
  },
  recordChanged(before, after) {
    if (before === null || after === null || !world.isLossless) return;
    if (after.term !== before.term || after.primary !== before.primary) return;
    const wrong = wrongJoin(world, before, after) ?? wrongDrop(world, before, after) ?? wrongOpen(world, before, after);
    if (wrong !== null) world.violated(this, wrong);
  },
});

type Has = (server: Server) => boolean;

function has(count: number, entry: Entry | undefined, term: number): Has {
  return ({ disk }) =>
    disk.flushed >= count && disk.log[count - 1] === entry && disk.forks.some((fork) => fork.term === term);
}

/** The copies of `rule` that still exist and of which `holds` is not true. */
function lacking(world: World, { of }: CommitRule, holds: Has): readonly Server[] {
  return of.flatMap(({ member, incarnation }) => {
    const server = world.server(member);
    return server !== undefined && server.disk.incarnation === incarnation && !holds(server) ? [server] : [];
  });
}

/** What was on a disk that was lost counts no more. */
function hasLost({ servers }: World): boolean {
  return servers.some((server) => server.hasLostDisk);
}

function wrongJoin(world: World, before: GroupRecord, after: GroupRecord): string | null {
  const newest = after.commit.at(-1);
  const [rule] = after.commit.filter((r) => !before.commit.some((old) => sameRule(old, r)));
  if (rule === undefined || rule !== newest) return null;
  const known = before.commit.flatMap(({ of }) => of).map(({ incarnation }) => incarnation);
  const joined = { ...rule, of: rule.of.filter(({ incarnation }) => !known.includes(incarnation)) };
  const [stranger] = lacking(world, joined, ({ disk }) => disk.forks.some(({ term }) => term === after.term));
  return stranger === undefined ? null : `"${stranger.member}" joins, and has not noted term ${after.term}`;
}

function wrongDrop(world: World, before: GroupRecord, after: GroupRecord): string | null {
  const rule = after.commit.at(-1);
  if (rule === undefined || before.commit.length <= after.commit.length || hasLost(world)) return null;
  const primary = world.server(after.primary ?? "");
  const other = primary?.role === "primary" && !primary.isAltered && primary.rules.find((r) => !sameRule(r, rule));
  if (other) return `an old rule goes, and processes of "${after.primary}" still have it`;
  const { log } = world.history.promised;
  const holds: Has = ({ disk }) => disk.flushed >= log.length && disk.log[log.length - 1] === log.at(-1);
  const few = lacking(world, rule, log.length === 0 ? () => true : holds).length > rule.of.length - rule.need;
  return few ? "an old rule goes, and too few of the new one have what was acknowledged" : null;
}

function wrongOpen(world: World, before: GroupRecord, after: GroupRecord): string | null {
  const rule = after.commit.at(-1);
  if (before.open || !after.open || rule === undefined || hasLost(world)) return null;
  const holds: Has = ({ disk }) =>
    disk.forks.some(({ term }) => term === after.term) &&
    disk.log.findLastIndex(({ opens }) => opens?.term === after.term) < disk.flushed &&
    disk.log.some(({ opens }) => opens?.term === after.term);
  const few = lacking(world, rule, holds).length > rule.of.length - rule.need;
  return few ? `term ${after.term} opens, and too few have its first entry on their disks` : null;
}
