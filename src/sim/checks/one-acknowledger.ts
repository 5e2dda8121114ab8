import type { Fork } from "../../core/position.ts";
import type { Server } from "../server.ts";
import { ENTRY_BYTES } from "../wal.ts";
import type { World } from "../world.ts";
import type { Check, MakeCheck } from "./check.ts";

/** A guard that was frozen with its host needs a moment to end what it guards. Where writes wait for standbys nothing is acknowledged in it. */
const THAW_MS = 20;

function isJustThawed(world: World, { thawedAtMs }: Server): boolean {
  return !world.isLossless && world.timeline.nowMs - thawedAtMs < THAW_MS;
}

/** Agent and guard have died together. Where writes wait for standbys nothing is acknowledged by it all the same. */
function isUnguarded(world: World, { unguarded, process }: Server): boolean {
  return !world.isLossless && unguarded !== null && unguarded === process;
}

/** Rules 1 to 7. A service without data acknowledges by each answer. */
export const oneAcknowledger: MakeCheck = (world) => {
  const byTerm = new Map<number, string>();
  const wrongWith = (server: Server, isBehind: (fork: Fork) => boolean): string | null => {
    const term = server.reign?.term ?? server.disk.promoting ?? 0;
    const other = byTerm.get(term);
    byTerm.set(term, server.member);
    const { record } = world;
    if (other !== undefined && other !== server.member) return `acknowledges in term ${term}, and "${other}" did`;
    if (record === null || record.term < term) return `acknowledges in term ${term}, which nobody has taken`;
    const next = record.forks.find((fork) => fork.term > term);
    if (next !== undefined && isBehind(next))
      return `acknowledges in term ${term}, and term ${record.term} was taken by "${record.primary ?? "nobody any more"}"`;
    return record.term === term && record.primary === null
      ? `acknowledges in term ${term}, which it has given up`
      : null;
  };
  const judge = (check: Check, server: Server, isBehind: (fork: Fork) => boolean): void => {
    if (server.isAltered || isJustThawed(world, server) || isUnguarded(world, server)) return;
    const wrong = wrongWith(server, isBehind);
    if (wrong !== null) world.violated(check, `"${server.member}" ${wrong}`);
  };
  return {
    proves:
      "at most one member acknowledges in a term, and none in an older term once a newer one is taken, but what that has taken over",
    acknowledged(server, count) {
      judge(this, server, ({ offset }) => count * ENTRY_BYTES > offset);
    },
    answered(server) {
      judge(this, server, () => true);
    },
  };
};
