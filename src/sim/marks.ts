import { RULE_NAMES } from "../core/decision.ts";
import { FAULTS } from "./faults.ts";

/** What so many seeds must have reached, each at least once: else they prove less than they seem to. */
export const SEEDS_FOR_MARKS = 10_000;

/** Every named rule of `decide`, every fault, and what is rare and important in the world. */
export function requiredMarks(): readonly string[] {
  return [
    ...RULE_NAMES.map((rule) => `rule: ${rule}`),
    ...Object.keys(FAULTS).map((kind) => `fault: ${kind}`),
    ...RARE,
  ];
}

const RARE: readonly string[] = [
  "an answer of the store got lost",
  "an action failed",
  "a guard ended a service",
  "a rule was put in force anew",
  "a client wrote without waiting",
  "a write was cancelled while it waited",
  "the commit rule was cleared by hand",
  "an operator's switchover was accepted",
  "an operator's failover was accepted",
  "an operator's pause was accepted",
  "an operator's resume was accepted",
  "an operator's reinit was accepted",
];
