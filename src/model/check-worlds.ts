import { RULE_NAMES } from "../core/decision.ts";
import { checkApart, checkGroup, type Finding } from "./run-space.ts";
import type { Apart } from "./small-worlds.ts";
import { FULL_WORLDS, QUICK_WORLDS, type World } from "./worlds.ts";

const ABOUT: Readonly<Record<Apart, string>> = {
  lease: "takes by expiry, for as long as one likes",
  promises: "going on without the store, for as long as one likes",
};

const APART = Object.keys(ABOUT) as Apart[];

/** Explores the quick worlds, or all of them, and says what came of each; the exit code as in `USAGE`. */
export function checkWorlds(isFull: boolean, print: (line: string) => void): number {
  print(
    "Every order of events within the bounds, by the rules of src/core; what is not named in a world's bounds does not happen in it.",
  );
  print("");
  const rules = new Set<string>();
  let isBounded = false;
  for (const world of [...APART, ...QUICK_WORLDS, ...(isFull ? FULL_WORLDS : [])]) {
    const finding = typeof world === "string" ? checkApart(world) : checkGroup(world, world.limit, true);
    print(lineOf(world, finding));
    for (const rule of finding.rules) rules.add(rule);
    if (finding.violation !== null) {
      print(`\nWRONG: ${finding.violation}. The shortest way there:\n`);
      for (const line of finding.story) print(line);
      return 1;
    }
    isBounded ||= finding.outcome === "bounded";
  }
  print("");
  const never = RULE_NAMES.filter((rule) => !rules.has(rule));
  print(`Rules that decided something: ${rules.size} of ${RULE_NAMES.length}; never: ${never.join(", ")}`);
  print(
    isBounded
      ? "Nothing is wrong in what was visited. A world marked bounded was not visited to its end: that shows nothing about the rest of it."
      : "Complete: every state of every world was visited, and nothing is wrong.",
  );
  return isBounded ? 3 : 0;
}

function lineOf(world: World | Apart, { outcome, states, steps, seconds }: Finding): string {
  const name = typeof world === "string" ? world : world.name;
  const figures = `${String(states).padStart(9)} states  ${String(steps).padStart(3)} steps deep ${seconds.toFixed(1).padStart(6)} s`;
  return `${outcome.padEnd(8)}  ${name.padEnd(28)} ${figures}   ${typeof world === "string" ? ABOUT[world] : boundsOf(world)}`;
}

function boundsOf({ members, need, lossless, terms, most }: World): string {
  const events = Object.entries(most).map(([what, count]) => `${what} ${count}`);
  return [
    `${members} members`,
    lossless === "off" ? "asynchronous" : `${lossless}, need ${need}`,
    `terms ${terms}`,
    ...events,
  ].join(", ");
}
