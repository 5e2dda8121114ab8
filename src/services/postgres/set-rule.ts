import type { CommitRule } from "../../core/commit-rule.ts";
import { includesCopy } from "../../core/commit-rule.ts";
import { sendSignal } from "../../host/processes.ts";
import { Failure } from "../../lib/failure.ts";
import { alterSystem, inFreshSession, reload, requireRole, STATEMENT_MS, until, type Instance } from "./instance.ts";
import { ruleSetting } from "./rule.ts";
import { readServerState, type Sender, type ServerState } from "./server-state.ts";
import { parseStandbyName } from "./standby-name.ts";
import { checkpoint } from "./stop.ts";

const PROOF_MS = 3000;

/**
 * Puts `rule` in force in every process of a running primary, and proves that it is. The setting is read
 * by each process for itself, when it comes to it, so reading it back once proves nothing about the others:
 *
 * 1. A session opened afterwards shows the new setting. It was forked from the main process, which
 *    therefore has read it and has, in the same go, told all of its children.
 * 2. Each process that supplies a standby publishes whether it counts it: those of the rule must say yes,
 *    all others no. No process counts a standby whose own one says no, whatever else it still believes.
 * 3. How many are needed is published by none. If that number changes, all of them are ended; those
 *    that come instead are forked from the main process and know nothing else.
 * 4. Whether anybody is waited for at all is a flag in shared memory that the checkpointer sets. If nobody
 *    was waited for before, a checkpoint proves that it has: it attends to its settings before that.
 *
 * How far the primary had written is read after all that: whatever was acknowledged under an
 * earlier rule lies before it. Rejects with a {@link Failure} if the proof does not come about; then none is claimed.
 */
export async function setRule(instance: Instance, rule: CommitRule, term: number): Promise<void> {
  const { reign, place } = instance;
  const what = `put a rule in force on "${place.member}"`;
  const before = await requireRole(instance, "primary", what);
  if (reign.of(before.life)?.term !== term)
    throw new Failure(`Cannot ${what} in term ${term}: it was promoted in term ${reign.of(before.life)?.term ?? "?"}`);
  const syncNames = ruleSetting(rule, term);
  const known = (await reign.rule(before))?.rule ?? null;
  await reign.revoke();
  await alterSystem(instance, "synchronous_standby_names", syncNames);
  await reload(instance);
  await readBack(instance, syncNames);
  const needChanges = known === null ? before.senders.length > 0 : known.need > 0 && known.need !== rule.need;
  if (needChanges && rule.need > 0) await endSenders(instance, before.senders);
  if ((known === null || known.need === 0) && rule.need > 0) await checkpoint(instance);
  const after = await allCount(instance, rule, term);
  await reign.prove({ life: before.life, term, syncNames, offset: after.flushOffset ?? Infinity });
}

async function readBack(instance: Instance, syncNames: string): Promise<void> {
  const late = (): string => "Cannot put the rule in force: the server has not read its configuration again";
  await until(instance.clock, PROOF_MS, late, async () => {
    const text = "SELECT current_setting('synchronous_standby_names')";
    const [row] = await inFreshSession(instance, (fresh) => fresh.rowsWithin(STATEMENT_MS, { text }));
    return row?.[0] === syncNames;
  });
}

async function endSenders(instance: Instance, senders: readonly Sender[]): Promise<void> {
  const ending = senders.filter(({ name }) => parseStandbyName(name) !== null).map(({ pid }) => pid);
  for (const pid of ending) sendSignal(pid, "SIGTERM");
  const late = (): string => "Cannot put the rule in force: a process that supplies a standby does not end";
  await until(instance.clock, PROOF_MS, late, async () => {
    const { senders: left } = await readServerState(instance.acting, STATEMENT_MS);
    return !left.some(({ pid }) => ending.includes(pid));
  });
}

async function allCount(instance: Instance, rule: CommitRule, term: number): Promise<ServerState> {
  let state = await readServerState(instance.acting, STATEMENT_MS);
  const late = (): string => `Cannot put the rule in force: "${wrong()?.name}" is not counted by it yet`;
  const wrong = (): Sender | undefined => state.senders.find((sender) => !countsRightly(sender, rule, term));
  await until(instance.clock, PROOF_MS, late, async () => {
    if (wrong() === undefined) return true;
    state = await readServerState(instance.acting, STATEMENT_MS);
    return wrong() === undefined;
  });
  return state;
}

/** A process that has not begun to send has read nothing yet, and will read the new setting. */
function countsRightly({ name, state, syncPriority }: Sender, rule: CommitRule, term: number): boolean {
  const declared = parseStandbyName(name);
  const isListed = rule.need > 0 && declared !== null && declared.term === term && includesCopy(rule.of, declared);
  if (isListed && state === "startup") return true;
  return isListed === syncPriority > 0;
}
