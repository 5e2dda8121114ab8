import { Bug } from "../lib/failure.ts";
import { applyMutation, type Mutation } from "./mutation.ts";
import { REMOVED_RULES } from "./removed-rules.ts";
import type { Finding } from "./run-space.ts";
import type { Where } from "./small-worlds.ts";

/** Enough for each of the small worlds in which the rules are missed. */
const LIMIT = 3_000_000;

/** What is found once a rule is gone from this process for good. Only broken promises count, not what keeps them. */
export async function findWithout(removed: Mutation, where: Where): Promise<Finding> {
  applyMutation(removed);
  return findIn(where, LIMIT);
}

/** What is found in `limit` states, by the sources as they are in this process. */
export async function findIn(where: Where, limit: number): Promise<Finding> {
  const { checkIn } = await import("./run-space.ts");
  return checkIn(where, limit);
}

/** Tells what goes wrong without one rule; the exit code as in `USAGE`. */
export async function showWithout(name: string, print: (line: string) => void): Promise<number> {
  const removed = REMOVED_RULES.find((rule) => rule.name === name);
  if (removed === undefined) throw new Bug(`no rule ${name}`);
  const { outcome, states, steps, seconds, violation, story } = await findWithout(removed, removed.where);
  print(`Without rule ${removed.rule} (${removed.file}):`);
  if (violation === null) {
    print(`${outcome}: ${states} states in ${seconds.toFixed(1)} s, and nothing is wrong`);
    return outcome === "bounded" ? 3 : 0;
  }
  print(`WRONG: ${violation}, in ${steps} steps:\n`);
  for (const line of story) print(line);
  return 1;
}
