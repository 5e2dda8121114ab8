import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { REMOVED_RULES, type RemovedRule } from "./removed-rules.ts";

/** Takes each rule out in a process of its own and prints what that breaks; 1 when some rule is not missed. */
export async function showRules(print: (line: string) => void): Promise<number> {
  let survivors = 0;
  print(`${"rule taken out".padEnd(76)} ${"steps".padStart(5)}  what breaks`);
  for (const removed of REMOVED_RULES) {
    const { violation, steps } = await runWithout(removed);
    if (violation === null) survivors += 1;
    print(
      `${`${removed.rule} (${removed.name})`.padEnd(76)} ${steps.padStart(5)}  ${violation ?? "NOTHING: the model does not miss it"}`,
    );
  }
  print("");
  print(
    survivors === 0
      ? `All ${REMOVED_RULES.length} are missed.`
      : `${survivors} of ${REMOVED_RULES.length} are not missed.`,
  );
  return survivors === 0 ? 0 : 1;
}

/** Runs `--without` in a child and reads what it says. Rejects when it says neither. */
export async function runWithout({
  name,
}: RemovedRule): Promise<{ readonly violation: string | null; readonly steps: string }> {
  const main = fileURLToPath(new URL("main.ts", import.meta.url));
  const { code, output } = await new Promise<{ code: unknown; output: string }>((resolve) => {
    execFile(
      process.execPath,
      [...process.execArgv, main, "--without", name],
      { maxBuffer: 1 << 24 },
      (error, stdout, stderr) => resolve({ code: error === null ? 0 : error.code, output: stdout + stderr }),
    );
  });
  const found = /^WRONG: (.*), in (\d+) steps:$/m.exec(output);
  if (code === 1 && found !== null) return { violation: found[1] ?? "", steps: found[2] ?? "" };
  if (code === 0 || code === 3) return { violation: null, steps: "" };
  throw new Error(`The check without "${name}" has failed:\n${output}`);
}
