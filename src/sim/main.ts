import { Command, InvalidArgumentError } from "commander";
import { writeFileSync } from "node:fs";
import { added, NO_BATCH, type Batch } from "./batch.ts";
import { enumerate } from "./enumerate.ts";
import { requiredMarks, SEEDS_FOR_MARKS } from "./marks.ts";
import { planOf } from "./plan.ts";
import { runLossyHours, runSeeds } from "./pool.ts";
import { describePlan, describeStory, describeViolations } from "./report.ts";
import { run } from "./run.ts";
import { lossOfHost } from "./scenarios.ts";
import { serve } from "./serve.ts";
import { shrink } from "./shrink.ts";

/** What was found and kept for later, a line each. */
const KEPT = "sim-failures.txt";

interface Options {
  readonly seeds?: number;
  readonly seed?: number;
  readonly until?: number;
  readonly first: number;
  readonly twice?: boolean;
  readonly long?: boolean;
  readonly minutes?: number;
  readonly steps?: boolean;
  readonly every: number;
  readonly lines: number;
  readonly verbose?: boolean;
  readonly hostLoss?: number;
  readonly lossyHours?: number;
  readonly lease: number;
  readonly serve?: string;
  readonly json?: string;
}

const program = new Command("sim")
  .description("runs the production agent in a world that is simulated, with everything that can go wrong")
  .option("--seeds <n>", "run so many seeds (default 1000)", whole)
  .option("--first <n>", "the first of them, or of the hours", whole, 0)
  .option("--seed <n>", "run one seed and tell its story; one that fails is made smaller first", whole)
  .option("--until <ms>", "with --seed: play only up to that simulated instant, and tell the story so far", whole)
  .option("--lines <n>", "as many lines of the story, from its end", whole, 120)
  .option("--verbose", "the whole story")
  .option("--twice", "run each seed twice; both must go the same way")
  .option("--long", `run until told to stop; what fails is kept in ${KEPT}`)
  .option("--minutes <n>", "with --long: stop after so many minutes", whole)
  .option("--steps", "have an agent die or hang at every step of every operation")
  .option("--every <n>", "with --steps: only each so manieth step", whole, 1)
  .option(
    "--serve <directory>",
    "with --seed: let it happen in real time and serve the agents' API there, until Ctrl-C",
  )
  .option(
    "--host-loss <n>",
    "so many times the power of the primary's host goes: how long nothing is acknowledged",
    whole,
  )
  .option("--lossy-hours <n>", "so many hours of a lossy network and short pauses: takeovers that nobody needed", whole)
  .option("--lease <ms>", "with these two: the lease", whole, 2000)
  .option("--json <file>", "write the figures there")
  .parse();

process.exitCode = await main(program.opts<Options>());

async function main(options: Options): Promise<number> {
  if (options.serve !== undefined) return served(options.seed ?? 0, options.serve);
  if (options.hostLoss !== undefined) return hostLoss(options.hostLoss, options.lease);
  if (options.lossyHours !== undefined) return lossyHours(options.first, options.lossyHours, options.lease);
  if (options.seed !== undefined)
    return replay(options.seed, options.until ?? Infinity, options.verbose === true ? Infinity : options.lines);
  if (options.steps === true) return steps(options.every);
  return many(options);
}

async function served(seed: number, directory: string): Promise<number> {
  const stop = new AbortController();
  process.once("SIGINT", () => stop.abort());
  process.once("SIGTERM", () => stop.abort());
  await serve(planOf(seed), directory, stop.signal);
  return 0;
}

async function hostLoss(runs: number, leaseMs: number): Promise<number> {
  const gaps = await lossOfHost(runs, leaseMs);
  const at = (part: number): string =>
    `${Math.round(gaps[Math.min(gaps.length - 1, Math.floor(part * gaps.length))] ?? 0)} ms`;
  process.stdout.write(
    `loss of the primary's host, ${runs} times, lease ${leaseMs} ms: p50 ${at(0.5)}, p99 ${at(0.99)}, max ${at(1)}\n`,
  );
  return 0;
}

async function lossyHours(first: number, hours: number, leaseMs: number): Promise<number> {
  const takeovers = await runLossyHours(first, hours, leaseMs, (done, count) => {
    if (done % 10 === 0) process.stderr.write(`${done} hours, ${count} takeovers\n`);
  });
  process.stdout.write(
    `${hours} hours with 1 % loss, 50 ms jitter and pauses of 250 ms, lease ${leaseMs} ms: ${takeovers} takeovers that nobody needed\n`,
  );
  return takeovers === 0 ? 0 : 1;
}

/** One seed, as a story, up to `endAtMs`. Where that is named nothing is taken out of it: instants would be others. */
async function replay(seed: number, endAtMs: number, lines: number): Promise<number> {
  let plan = planOf(seed);
  let outcome = await run(plan, null, endAtMs);
  if (outcome.violations.length > 0 && endAtMs === Infinity) ({ plan, outcome } = await shrink(plan, outcome));
  process.stdout.write(`${describePlan(plan)}\n\n${describeStory(outcome, lines)}\n`);
  if (outcome.violations.length === 0) {
    process.stdout.write(`\n${(outcome.activeMs / 1000).toFixed(1)} s simulated, nothing violated\n`);
    return 0;
  }
  process.stdout.write(`\n${describeViolations(outcome)}\n`);
  return 1;
}

async function steps(every: number): Promise<number> {
  const { runs, findings } = await enumerate(every, (text) => process.stderr.write(`${text}\n`));
  for (const { scenario, trap, outcome } of findings.slice(0, 5))
    process.stdout.write(
      `${scenario}: "${trap.member}" ${trap.how} at step ${trap.at}\n${describeStory(outcome, 40)}\n\n`,
    );
  process.stdout.write(`${runs} runs, ${findings.length} with a violation\n`);
  return findings.length === 0 ? 0 : 1;
}

async function many(options: Options): Promise<number> {
  const endAtMs = options.minutes === undefined ? Infinity : performance.now() + options.minutes * 60_000;
  const beganMs = performance.now();
  let isStopped = false;
  process.once("SIGINT", () => (isStopped = true));
  let shownMs = 0;
  const told = (sum: Batch, portion: Batch): boolean => {
    for (const seed of portion.failed) {
      process.stderr.write(`seed ${seed} fails; see: npm run sim -- --seed ${seed}\n`);
      if (options.long === true) writeFileSync(KEPT, `${seed}\n`, { flag: "a" });
    }
    if (performance.now() - shownMs > 5000) {
      shownMs = performance.now();
      process.stderr.write(`${sum.seeds} seeds, ${sum.failed.length} failed, ${inDays(sum.calendarMs)} simulated\n`);
    }
    return isStopped || performance.now() > endAtMs;
  };
  const count = options.long === true ? null : (options.seeds ?? 1000);
  const sum = added(NO_BATCH, await runSeeds(options.first, count, options.twice === true, told));
  const unreached = sum.seeds >= SEEDS_FOR_MARKS ? requiredMarks().filter((mark) => !sum.marks.includes(mark)) : [];
  tell(sum, (performance.now() - beganMs) / 1000, unreached);
  if (options.json !== undefined) writeFileSync(options.json, `${JSON.stringify({ ...sum, unreached }, null, 2)}\n`);
  return sum.failed.length + unreached.length === 0 ? 0 : 1;
}

function tell(sum: Batch, tookS: number, unreached: readonly string[]): void {
  const cpuHours = sum.cpuMs / 3_600_000;
  const lines = [
    `${sum.seeds} seeds in ${tookS.toFixed(0)} s, ${sum.failed.length} failed${sum.failed.length > 0 ? `: ${sum.failed.slice(0, 20).join(" ")}` : ""}`,
    `  ${sum.terms} terms, ${sum.events} events, ${(sum.cpuMs / sum.seeds).toFixed(1)} ms of a processor a seed, trace ${sum.trace.toString(16)}`,
    `  ${inDays(sum.calendarMs)} of clusters, ${inDays(sum.activeMs)} of it played, the rest idle and skipped`,
    `  an hour of a processor: ${Math.round(sum.calendarMs / 86_400_000 / cpuHours)} cluster-days, ${Math.round(sum.activeMs / 86_400_000 / cpuHours)} of them played`,
  ];
  if (unreached.length > 0) lines.push(`  NOT REACHED: ${unreached.join(", ")}`);
  process.stdout.write(`${lines.join("\n")}\n`);
}

function inDays(ms: number): string {
  return `${(ms / 86_400_000).toFixed(1)} days`;
}

function whole(text: string): number {
  if (!/^\d+$/.test(text)) throw new InvalidArgumentError("It must be a whole number.");
  return Number(text);
}
