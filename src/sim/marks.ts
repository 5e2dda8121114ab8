import { RULE_NAMES, type RuleName } from "../core/decision.ts";
import { FAULTS } from "./faults.ts";

/** What so many seeds must have reached, each at least once: else they prove less than they seem to. */
export const SEEDS_FOR_MARKS = 10_000;

/** Every named rule of `decide`, every fault, and what is rare and important in the world. */
export function requiredMarks(): readonly string[] {
  return [
    ...RULE_NAMES.filter((rule) => !DEFENSIVE.includes(rule)).map((rule) => `rule: ${rule}`),
    ...Object.keys(FAULTS).map((kind) => `fault: ${kind}`),
    ...RARE,
  ];
}

/**
 * Rules for what cannot come about as long as all others hold: a holder whose service is primary of another term than the
 * one it holds, and a founder whose server still receives from somebody. The table of `decide.test.ts` has them.
 */
const DEFENSIVE: readonly RuleName[] = ["not-my-term", "find-end"];

const RARE: readonly string[] = [
  "an answer of the store got lost",
  "an action failed",
  "a guard ended a service",
  "silent heartbeats led to a suspicion",
  "a standby was taken for lost",
  "a rule was put in force anew",
  "a client wrote without waiting",
  "a write was cancelled while it waited",
  "the commit rule was cleared by hand",
  "an operator's switchover was accepted",
  "an operator's failover was accepted",
  "an operator's pause was accepted",
  "an operator's resume was accepted",
  "an operator's reinit was accepted",
  "a standby promised",
  "a zone lost power",
  "a member followed another standby",
  "a member left the group",
  "a member joined the group",
];
