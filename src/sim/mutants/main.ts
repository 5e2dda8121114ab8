import { Command, InvalidArgumentError } from "commander";
import { writeFileSync } from "node:fs";
import { huntAll, type Find } from "./hunt.ts";
import type { Mutant } from "./mutant.ts";
import { MUTANTS } from "./mutants.ts";
import { QUICK } from "./quick.ts";
import { inShort, table } from "./table.ts";

interface Options {
  readonly only?: string;
  readonly seeds: number;
  readonly first: number;
  readonly quick?: boolean;
  readonly json?: string;
}

/** Children at a time. */
const AT_A_TIME = 2;

const program = new Command("mutants")
  .description("takes one rule after the other out of the production code, and has the simulator or the model find out")
  .option("--only <name>", "only this mutant, or those whose name contains it")
  .option("--seeds <n>", "give up after so many seeds", whole, 3000)
  .option("--first <n>", "the first of them", whole, 0)
  .option("--quick", "only the handful that is found out fastest")
  .option("--json <file>", "write what was found there")
  .parse();

process.exitCode = await main(program.opts<Options>());

/** 0: all are killed; 1: one survives; 2: there is no such mutant. */
async function main(options: Options): Promise<number> {
  const chosen = MUTANTS.filter((mutant) => isChosen(mutant, options));
  if (chosen.length === 0) {
    process.stderr.write(`There is no mutant "${options.only}". There are ${MUTANTS.map((m) => m.name).join(", ")}\n`);
    return 2;
  }
  const seeds = { first: options.first, count: options.seeds };
  const finds = await huntAll(chosen, seeds, AT_A_TIME, (find) => process.stderr.write(`${sentence(find)}\n`));
  process.stdout.write(`${table(finds)}\n\n${summary(finds)}\n`);
  const [only] = finds;
  if (finds.length === 1 && only !== undefined) process.stdout.write(`\n${only.because ?? ""}\n`);
  if (options.json !== undefined) writeFileSync(options.json, `${JSON.stringify(finds.map(plain), null, 2)}\n`);
  return finds.every(({ needed }) => needed !== null) ? 0 : 1;
}

function isChosen({ name }: Mutant, { only, quick }: Options): boolean {
  if (quick === true && !QUICK.includes(name)) return false;
  if (only === undefined) return true;
  return MUTANTS.some((mutant) => mutant.name === only) ? name === only : name.includes(only);
}

function sentence({ mutant, what, needed, alsoTrue, tookMs }: Find): string {
  const unit = mutant.where === null ? "seeds" : "states";
  const how = what === null ? "SURVIVES" : `killed by ${inShort(what)} after ${needed} ${unit}`;
  const also = alsoTrue.length === 0 ? "" : `; FAIL WITHOUT IT, TOO: seeds ${alsoTrue.join(", ")} of its plans`;
  return `${mutant.name}: ${how}, ${(tookMs / 1000).toFixed(1)} s${also}`;
}

function summary(finds: readonly Find[]): string {
  const survivors = finds.filter(({ needed }) => needed === null).map(({ mutant }) => mutant.name);
  const byModel = finds.filter(({ needed, mutant }) => needed !== null && mutant.where !== null).length;
  const killed = finds.length - survivors.length;
  const whom = `${killed} of ${finds.length} killed, ${killed - byModel} by the simulator and ${byModel} by the model`;
  return survivors.length === 0 ? whom : `${whom}\nSURVIVORS: ${survivors.join(", ")}`;
}

function plain({ mutant: { name, rule, file, focus, where }, what, tookMs, ...found }: Find): object {
  return { name, rule, file, focus, where, killedBy: what, ...found, tookMs: Math.round(tookMs) };
}

function whole(text: string): number {
  if (!/^\d+$/.test(text)) throw new InvalidArgumentError("It must be a whole number.");
  return Number(text);
}
