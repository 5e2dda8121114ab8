import { readdirSync, readFileSync } from "node:fs";
import { constants } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { bootstrap, root } from "./bootstrap.mjs";
import { CHECKED_PROGRAMS, ensurePrograms, HOST_PROGRAMS } from "./programs.mjs";
import { endAll, runScript, runTests } from "./test-run.mjs";

const USAGE = `npm test [-- fast | NAME …]

  (nothing)  types, lint, format, and all tests
  fast       types, lint, format, and the tests that need no other programs
  NAME       the test files with NAME in their path`;

/** Test files that run at a time: on a small machine more of them only make each other late. */
const AT_A_TIME = 2;

let interruptedBy = null;
const total = { passed: 0, failed: 0, skipped: 0 };

async function main(args) {
  if (args.some((arg) => arg.startsWith("-"))) return usage(args.includes("--help") ? 0 : 2);
  const isFast = args.length === 1 && args[0] === "fast";
  const names = isFast ? [] : args;
  const chosen = (file) => names.length === 0 || names.some((name) => file.includes(name));
  const fast = [...testFiles("src"), ...testFiles("bench")].filter(chosen);
  const slow = isFast ? [] : testFiles("test").filter(chosen);
  if (fast.length + slow.length === 0) return usage(2, `No test file has ${names.join(" or ")} in its path.`);

  const runtime = await bootstrap();
  if (slow.length > 0) await ensurePrograms(["postgres", "nftables"], runtime);
  if (slow.some((file) => file.includes("etcd"))) await ensurePrograms(["etcd"], runtime);
  if (slow.some((file) => file.startsWith("test/hosts/"))) await ensurePrograms(HOST_PROGRAMS, runtime);
  if (slow.some((file) => file.startsWith("test/checks/"))) await ensurePrograms(CHECKED_PROGRAMS, runtime);
  if (names.length === 0) await runChecks(runtime);
  if (fast.length > 0) await step("fast tests", () => runTests(runtime, fast));
  await runFiles(
    runtime,
    slow.filter((file) => !isAlone(file)),
    AT_A_TIME,
  );
  await runFiles(runtime, slow.filter(isAlone), 1);
  if (interruptedBy !== null) return 1;
  if (total.skipped > 0) process.stdout.write(`${total.skipped} skipped, see above\n`);
  process.stdout.write(`${total.passed} passed, ${total.failed} failed\n`);
  return total.failed === 0 ? 0 : 1;
}

/** The simulator uses all processors itself, and what runs beside it is late. A guard acts at one instant, which is what its tests are about. */
function isAlone(file) {
  return file.startsWith("test/sim/") || file.includes("guard");
}

/** The checks of package.json, each counted as one test. */
async function runChecks({ node, env }) {
  const { scripts } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
  const path = [dirname(node), join(root, "node_modules", ".bin"), env.PATH].join(delimiter);
  for (const name of ["types", "lint", "format:check"]) await step(name, () => runScript({ env, path }, scripts[name]));
}

/** Runs each file in a process of its own, so many at a time. */
async function runFiles(runtime, files, atATime) {
  const waiting = [...files];
  const work = async () => {
    for (let file = waiting.shift(); file !== undefined; file = waiting.shift()) {
      const name = file;
      await step(name, () => runTests(runtime, [name]));
    }
  };
  await Promise.all(Array.from({ length: atATime }, work));
}

/** Runs one thing and prints a line about it; what failed is shown in full, what was skipped with its reason. */
async function step(name, run) {
  if (interruptedBy !== null) return;
  const startedAt = performance.now();
  const { passed, failed, skipped, output, left } = await run();
  if (interruptedBy !== null) return;
  const seconds = ((performance.now() - startedAt) / 1000).toFixed(1);
  total.passed += passed;
  total.failed += failed;
  total.skipped += skipped.length;
  const numbers = [
    `${passed} passed`,
    failed > 0 && `${failed} failed`,
    skipped.length > 0 && `${skipped.length} skipped`,
  ];
  const counts = numbers.filter(Boolean).join(", ");
  process.stdout.write(
    `${failed === 0 ? "  ok" : "FAIL"}  ${name.padEnd(44)} ${counts.padEnd(24)} ${seconds.padStart(6)} s\n`,
  );
  for (const line of skipped) process.stdout.write(`      ${line.trim()}\n`);
  if (left > 0) process.stdout.write(`      left ${left} processes behind, which were ended\n`);
  if (failed > 0) process.stdout.write(`\n${output.trim()}\n\n`);
}

function testFiles(directory) {
  const names = readdirSync(join(root, directory), { recursive: true });
  return names
    .filter((name) => name.endsWith(".test.ts"))
    .map((name) => join(directory, name))
    .sort();
}

function usage(code, problem) {
  process.stderr.write(problem === undefined ? `${USAGE}\n` : `${problem}\n\n${USAGE}\n`);
  return code;
}

for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) {
  process.on(signal, () => {
    if (interruptedBy === null) process.stdout.write("Interrupted: ending the tests\n");
    interruptedBy ??= signal;
    endAll();
  });
}

const code = await main(process.argv.slice(2));
process.exit(interruptedBy === null ? code : 128 + constants.signals[interruptedBy]);
