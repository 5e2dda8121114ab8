import { UserError } from "../lib/failure.ts";
import { nearest } from "../lib/nearest.ts";
import { REMOVED_RULES } from "./removed-rules.ts";

export const USAGE = `npm run model [-- --quick | --rules | --without RULE]

  (nothing)        all worlds: everything that can happen to small groups within bounds, by the real rules
  --quick          the worlds that take seconds
  --rules          takes each rule out in turn, and shows what that breaks
  --without RULE   takes one rule out and tells the shortest story of what goes wrong
                   (${REMOVED_RULES.map(({ name }) => name).join(", ")})

Ends with 0: every state within the bounds was visited, and nothing is wrong; 1: something is wrong (with --rules: a
rule can be taken out unnoticed); 2: a mistake on the command line; 3: nothing was found, but a limit of states was
reached, so nothing is shown either.`;

export interface Options {
  readonly do: "full" | "quick" | "rules" | "without" | "help";
  readonly rule: string;
}

/** Throws a {@link UserError} for what it does not know. */
export function readOptions(args: readonly string[]): Options {
  const [what, rule = "", ...rest] = args;
  if (what === undefined) return { do: "full", rule };
  if (what === "--help") return { do: "help", rule };
  if (what === "--without") {
    const names = REMOVED_RULES.map(({ name }) => name);
    if (names.includes(rule) && rest.length === 0) return { do: "without", rule };
    const meant = nearest(rule, names);
    throw new UserError(
      `There is no rule "${rule}" to take out${meant === null ? "" : `; did you mean "${meant}"?`}\n\n${USAGE}`,
    );
  }
  if ((what === "--quick" || what === "--rules") && args.length === 1)
    return { do: what === "--quick" ? "quick" : "rules", rule };
  throw new UserError(`"${args.join(" ")}" is not known.\n\n${USAGE}`);
}
