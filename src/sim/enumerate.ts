import { timingOf } from "../core/timing.ts";
import type { Settings } from "../core/view.ts";
import type { Fault, FaultKind } from "./faults.ts";
import type { Plan } from "./plan.ts";
import { run, type Outcome } from "./run.ts";
import type { StepTrap } from "./world.ts";

/** Something that a group goes through, in which an agent may die at each of its steps. */
interface Scenario {
  readonly name: string;
  readonly faults: readonly FaultKind[];
}

/** The operations of an agent: founding and joining happen at the beginning of each. */
const SCENARIOS: readonly Scenario[] = [
  { name: "takeover", faults: ["server dies"] },
  { name: "loss of a host and its return", faults: ["host loses power"] },
  { name: "switchover", faults: ["operator switches over"] },
  { name: "a new copy", faults: ["operator wants a new copy"] },
  { name: "an agent's restart", faults: ["agent dies"] },
];

const SETTINGS: Settings = {
  group: "main",
  hasData: true,
  members: ["a", "b", "c"].map((member) => ({ member, priority: 100 })),
  durability: { lossless: "strict", need: 1, of: ["a", "b", "c"] },
  drainMs: 300,
  timing: timingOf(1000),
};

const HOWS: readonly StepTrap["how"][] = ["die before", "die after", "hang"];

/** One run of the enumeration that went wrong. */
export interface Finding {
  readonly scenario: string;
  readonly trap: StepTrap;
  readonly outcome: Outcome;
}

/** How the enumeration went. */
export interface Enumeration {
  readonly runs: number;
  readonly findings: readonly Finding[];
  readonly marks: ReadonlySet<string>;
}

/**
 * Has the agent of each member die before, die after, and hang at every step of every scenario: nothing is drawn, all
 * are tried (with `every` above 1: each so manieth).
 */
export async function enumerate(every: number, told: (text: string) => void): Promise<Enumeration> {
  const findings: Finding[] = [];
  const marks = new Set<string>();
  let runs = 0;
  for (const scenario of SCENARIOS) {
    const { steps } = await run(planOf(scenario));
    for (const [member, count] of Object.entries(steps)) {
      for (let at = 1; at <= count; at += every) {
        for (const how of HOWS) {
          const trap = { member, at, how };
          const outcome = await run(planOf(scenario), trap);
          runs++;
          for (const rule of outcome.rules) marks.add(`rule: ${rule}`);
          if (outcome.violations.length > 0) findings.push({ scenario: scenario.name, trap, outcome });
        }
      }
      told(`${scenario.name}, "${member}": ${count} steps, ${findings.length} findings so far`);
    }
  }
  return { runs, findings, marks };
}

function planOf({ name, faults }: Scenario): Plan {
  const make = { seed: name, settings: SETTINGS, heartbeats: true, rates: [1, 1, 1], clients: 1, clientPauseMs: 100 };
  const drawn: readonly Fault[] = faults.map((kind) => ({
    kind,
    atMs: 500,
    forMs: 800,
    member: kind === "operator wants a new copy" ? 2 : -1,
    how: 0.1,
  }));
  return { seed: 0, make, episodes: [{ faults: drawn, lastsMs: 1500, idleMs: 0 }] };
}
