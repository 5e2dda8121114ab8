import type { RuleName } from "../core/decision.ts";
import { BACK_MS, missing } from "./checks/comes-back.ts";
import { FAULTS, type Fault } from "./faults.ts";
import type { Episode, Plan } from "./plan.ts";
import { World, type Note, type StepTrap, type Violation } from "./world.ts";

/** What became of a plan. */
export interface Outcome {
  readonly seed: number;
  readonly violations: readonly Violation[];
  /** The same for two runs of the same plan. */
  readonly trace: number;
  readonly notes: readonly Note[];
  readonly marks: ReadonlySet<string>;
  readonly rules: ReadonlySet<RuleName>;
  /** Simulated, with all that was skipped, and without. */
  readonly calendarMs: number;
  readonly activeMs: number;
  readonly events: number;
  readonly terms: number;
  readonly steps: Readonly<Record<string, number>>;
}

/** How often the world is asked whether all is well. */
const LOOK_MS = 250;

/** Nothing but beats must happen for so long before an idle stretch is skipped. */
const REST_LEASES = 2;

/** Runs `plan` to its end, to the first violation, or to the simulated instant `endAtMs`. */
export async function run(plan: Plan, trap: StepTrap | null = null, endAtMs = Infinity): Promise<Outcome> {
  const world = new World(plan.make);
  world.trap = trap;
  world.endAtMs = endAtMs;
  const onRejection = (error: unknown): void => world.broke(error);
  process.on("unhandledRejection", onRejection);
  let skippedMs = 0;
  try {
    for (const node of world.nodes) node.boot();
    await untilWhole(world);
    for (const episode of plan.episodes) {
      if (isOver(world)) break;
      await play(world, episode);
      await untilWhole(world);
      if (!isOver(world) && (await isAtRest(world))) skippedMs += episode.idleMs;
    }
  } finally {
    process.off("unhandledRejection", onRejection);
  }
  const { timeline, violations, trace, notes, marks, rules, steps, record } = world;
  return {
    seed: plan.seed,
    violations,
    trace,
    notes,
    marks,
    rules,
    calendarMs: timeline.nowMs + skippedMs,
    activeMs: timeline.nowMs,
    events: timeline.events,
    terms: record?.term ?? 0,
    steps,
  };
}

function isOver({ violations, timeline, endAtMs }: World): boolean {
  return violations.length > 0 || timeline.nowMs >= endAtMs;
}

/** Lets time pass, at most to the end of the world. */
function pass({ timeline, endAtMs }: World, untilMs: number): Promise<void> {
  return timeline.runUntil(Math.min(untilMs, endAtMs));
}

async function play(world: World, { faults, lastsMs }: Episode): Promise<void> {
  const { timeline } = world;
  const beganMs = timeline.nowMs;
  const undo = new Set<() => void>();
  for (const fault of faults) timeline.after(fault.atMs, () => begin(world, fault, undo));
  while (timeline.nowMs < beganMs + lastsMs && !isOver(world))
    await pass(world, Math.min(beganMs + lastsMs, timeline.nowMs + LOOK_MS));
  if (timeline.nowMs >= world.endAtMs) return;
  for (const end of undo) end();
  mend(world);
}

function begin(world: World, fault: Fault, undo: Set<() => void>): void {
  const primary = world.nodes.find(({ name }) => name === world.record?.primary);
  const node = (fault.member < 0 ? primary : world.nodes[fault.member % world.nodes.length]) ?? world.nodes[0];
  if (node === undefined) return;
  world.note("FAULT", `${fault.kind} (${node.name}, ${Math.round(fault.forMs)} ms)`);
  world.mark(`fault: ${fault.kind}`);
  const end = FAULTS[fault.kind](world, node, fault);
  const ending = (): void => {
    if (!undo.delete(ending)) return;
    world.note("FAULT", `over: ${fault.kind} (${node.name})`);
    end();
  };
  undo.add(ending);
  world.timeline.after(fault.forMs, ending);
}

/** Nothing is wrong any more; all programs run that should. */
function mend(world: World): void {
  world.network.mendAll();
  if (world.store.data !== world.store.original) world.store.anotherUntilMs = world.timeline.nowMs;
  world.store.data = world.store.original;
  Object.assign(world.store, { isDown: false, isRefusing: false, slowMs: 0, lostAnswers: 0, lostBells: 0 });
  world.failingActions = 0;
  world.configured = world.settings;
  for (const node of world.nodes) {
    world.slowDisk(node.name, 1);
    node.isDiskFull = false;
    node.server.replayHeldAtMs = Infinity;
    node.server.isForeign = false;
    node.health = "up";
    node.keepDown(false);
    node.restartWith(world.configured);
  }
  if (world.record?.paused != null) world.operator.ask({ do: "resume" });
  world.note("FAULT", "everything is mended");
}

/** Lets time pass until the group is whole; it must be within {@link BACK_MS}. */
async function untilWhole(world: World): Promise<void> {
  const { timeline } = world;
  const sinceMs = timeline.nowMs;
  while (!isOver(world)) {
    await pass(world, timeline.nowMs + LOOK_MS);
    const what = missing(world, sinceMs);
    if (what === null) return;
    tellDoubters(world, timeline.nowMs - sinceMs);
    if (world.record?.paused != null && (timeline.nowMs - sinceMs) % 5000 < LOOK_MS)
      world.operator.ask({ do: "resume" });
    if (timeline.nowMs - sinceMs > BACK_MS)
      world.violate(
        "once nothing is wrong any more the group is whole again within 90 s",
        `it is not: ${what} (${whatEachDoes(world)})`,
      );
  }
}

/** A person has put the right store back, and starts the agents again that doubt it. */
function tellDoubters({ nodes }: World, forMs: number): void {
  if (forMs % 2000 >= LOOK_MS) return;
  for (const node of nodes) if (node.loop?.decision.rule === "store-doubt") node.crash();
}

function whatEachDoes(world: World): string {
  return world.nodes
    .map(
      ({ name, loop, server }) =>
        `${name}, ${server.role}: ${loop?.decision.rule ?? "no agent"}, ${loop?.decision.because ?? ""}`,
    )
    .join("; ");
}

/** Whether nothing but beats and renewals happens: then it would go on so until the next fault. */
async function isAtRest(world: World): Promise<boolean> {
  const before = world.record?.rev;
  await pass(world, world.timeline.nowMs + REST_LEASES * world.settings.timing.leaseMs);
  return world.record?.rev === before && missing(world, 0) === null;
}
