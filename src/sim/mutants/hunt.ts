import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { planOf } from "../plan.ts";
import { run } from "../run.ts";
import { focused, trapOf } from "./focus.ts";
import type { Mutant } from "./mutant.ts";

const HUNTER = fileURLToPath(new URL("hunter.ts", import.meta.url));

/** Seeds that are tried over a mutant, in their order. */
export interface Seeds {
  readonly first: number;
  readonly count: number;
}

/** What a child found: the first violation, and its seed, or how far it is from the beginning; all `null` when there is none. */
export interface Trail {
  readonly seed: number | null;
  readonly what: string | null;
  /** In the model: the shortest story. */
  readonly because: string | null;
  /** In the model: the steps of that story, and the states that were visited. */
  readonly steps?: number;
  readonly states?: number;
}

/** What became of a mutant. */
export interface Find extends Trail {
  readonly mutant: Mutant;
  /** How many seeds it took, or states; `null`: all were tried in vain. */
  readonly needed: number | null;
  /** Seeds that the true sources fail, too: these are worth a look for themselves. */
  readonly alsoTrue: readonly number[];
  readonly tookMs: number;
}

/** Has `mutant` found out, in a child of its own: by the seeds, or in its world of the model. */
export async function hunt(mutant: Mutant, seeds: Seeds): Promise<Find> {
  return mutant.where === null ? huntBySeeds(mutant, seeds) : huntInModel(mutant);
}

/** What the true sources do wrong in as many states would prove nothing about the mutant: then nothing else is worth a look. */
async function huntInModel(mutant: Mutant): Promise<Find> {
  const beganMs = performance.now();
  const trail = JSON.parse(await output([mutant.name])) as Trail;
  const needed = trail.what === null ? null : (trail.states ?? 0);
  if (needed !== null) {
    const { what } = JSON.parse(await output([mutant.name, "true", String(needed)])) as Trail;
    if (what !== null) throw new Error(`The true sources are wrong in the world of "${mutant.name}": ${what}`);
  }
  return { mutant, ...trail, needed, alsoTrue: [], tookMs: performance.now() - beganMs };
}

/** Up to the first violation. A seed that the true sources fail too proves nothing: it is named, and the next one is tried. */
async function huntBySeeds(mutant: Mutant, { first, count }: Seeds): Promise<Find> {
  const beganMs = performance.now();
  const alsoTrue: number[] = [];
  for (let from = first; ;) {
    const left = first + count - from;
    const trail = JSON.parse(await output([mutant.name, String(from), String(left)])) as Trail;
    const needed = trail.seed === null ? null : trail.seed - first + 1;
    if (trail.seed === null || (await passes(mutant, trail.seed)))
      return { mutant, ...trail, needed, alsoTrue, tookMs: performance.now() - beganMs };
    alsoTrue.push(trail.seed);
    from = trail.seed + 1;
  }
}

async function passes({ focus }: Mutant, seed: number): Promise<boolean> {
  const plan = planOf(seed);
  const { violations } = await run(focused(plan, focus), trapOf(plan, focus));
  return violations.length === 0;
}

function output(args: readonly string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [...process.execArgv, HUNTER, ...args], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    const end = (): void => void child.kill();
    process.once("exit", end);
    let text = "";
    child.stdout.setEncoding("utf8").on("data", (part: string) => (text += part));
    child.on("error", reject);
    child.on("close", (code) => {
      process.off("exit", end);
      if (code === 0) resolve(text);
      else reject(new Error(`the child for "${args[0]}" ended with ${String(code)}`));
    });
  });
}

/** Hunts all `mutants`, some at a time; `told` hears of each as it is done. In their order. */
export async function huntAll(
  mutants: readonly Mutant[],
  seeds: Seeds,
  atATime: number,
  told: (find: Find) => void,
): Promise<readonly Find[]> {
  const waiting = [...mutants];
  const finds = new Map<Mutant, Find>();
  const work = async (): Promise<void> => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      const find = await hunt(next, seeds);
      finds.set(next, find);
      told(find);
    }
  };
  await Promise.all(Array.from({ length: atATime }, work));
  return mutants.flatMap((mutant) => finds.get(mutant) ?? []);
}
