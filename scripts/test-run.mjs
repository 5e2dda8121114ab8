import { spawn } from "node:child_process";
import { chmodSync, mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { root } from "./bootstrap.mjs";

/** A test file that takes longer hangs. */
const LIMIT_MS = 240_000;
/** After being asked to end, for that long a test may clean up. */
const CLEAN_UP_MS = 3000;
/** For that long the output of an ended test is waited for, and processes that end by themselves. */
const OUTPUT_MS = 1000;

const running = new Set();

/**
 * Runs test files in one process of Node; resolves with what became of them: the numbers of `passed` and `failed`
 * tests, a line for each that was `skipped`, and the `output` without the lines of those that passed. They get a
 * directory for their temporary files, which is removed afterwards together with every process that still works in it
 * (`left` says how many those were).
 */
export async function runTests({ node, env }, files) {
  // Short, because sockets with long paths are refused; open, because servers run as other users.
  const temporary = mkdtempSync(join(tmpdir(), "ut-"));
  chmodSync(temporary, 0o1777);
  const marks = { TMPDIR: temporary, UNDERSTUDY_TEST: temporary, NO_COLOR: "1", FORCE_COLOR: undefined };
  const importer = join(root, "scripts", "import-tests.mjs");
  const { code, output } = await run(node, [importer, ...files], { ...env, ...marks });
  const left = await endLeftovers(temporary);
  remove(temporary);
  const count = (word) => Number(new RegExp(`^ℹ ${word} (\\d+)$`, "m").exec(output)?.[1] ?? 0);
  const failed = count("fail") + count("cancelled");
  return {
    passed: count("pass"),
    // A file that breaks before its summary has failed, too.
    failed: failed === 0 && code !== 0 ? 1 : failed,
    skipped: output.split("\n").filter((line) => /^\s*﹣ /.test(line)),
    output: output.replaceAll(/^(\s*✔|ℹ) .*\n/gm, ""),
    left,
  };
}

/** Runs a script of package.json with the packages' programs, under Node 24. */
export async function runScript({ env, path }, script) {
  const { code, output } = await run("sh", ["-c", script], { ...env, PATH: path });
  return { passed: code === 0 ? 1 : 0, failed: code === 0 ? 0 : 1, skipped: [], output, left: 0 };
}

/** Ends everything that runs here; what waits for it goes on, and cleans up. */
export function endAll() {
  for (const child of running) endGroup(child);
}

function run(command, args, env) {
  return new Promise((resolve) => {
    const child = spawn(command, args, { cwd: root, env, stdio: ["ignore", "pipe", "pipe"], detached: true });
    running.add(child);
    let output = "";
    child.stdout.on("data", (data) => (output += data));
    child.stderr.on("data", (data) => (output += data));
    const timer = setTimeout(() => {
      output += `\nIt has not ended within ${LIMIT_MS / 1000} s and was ended.\n`;
      endGroup(child);
    }, LIMIT_MS);
    const done = (code) => {
      clearTimeout(timer);
      running.delete(child);
      resolve({ code, output });
    };
    child.on("error", (error) => {
      output += error.message;
      done(127);
    });
    child.on("close", (code) => done(code ?? 1));
    // What a test leaves behind may keep its output open.
    child.on("exit", (code) => setTimeout(() => done(code ?? 1), OUTPUT_MS));
  });
}

/** Asks a child and its group to end, then ends them. */
function endGroup(child) {
  const timer = setTimeout(() => kill(-child.pid, "SIGKILL"), CLEAN_UP_MS);
  child.once("exit", () => {
    clearTimeout(timer);
    kill(-child.pid, "SIGKILL");
  });
  kill(-child.pid, "SIGTERM");
}

/** Signals a process, or with a negative number a group; one that is gone is fine. */
function kill(pid, signal) {
  try {
    process.kill(pid, signal);
  } catch {
    // It ended by itself.
  }
}

/**
 * Ends the processes that work in `directory`, or were started with it as their temporary one, and do not end by
 * themselves; returns how many.
 */
async function endLeftovers(directory) {
  if (findProcesses(directory).length > 0) await new Promise((resolve) => setTimeout(resolve, OUTPUT_MS));
  const left = findProcesses(directory);
  for (const pid of left) kill(pid, "SIGKILL");
  return left.length;
}

function findProcesses(directory) {
  if (process.platform !== "linux") return [];
  const pids = readdirSync("/proc").filter((name) => /^\d+$/.test(name));
  return pids.filter((pid) => belongsTo(pid, directory)).map(Number);
}

function remove(directory) {
  try {
    rmSync(directory, { recursive: true, force: true, maxRetries: 5 });
  } catch (error) {
    process.stderr.write(`Cannot remove what a test has left: ${error.message}\n`);
  }
}

function belongsTo(pid, directory) {
  try {
    if (/\) [ZX] /.test(readFileSync(`/proc/${pid}/stat`, "utf8"))) return false;
    if (readlinkSync(`/proc/${pid}/cwd`).startsWith(`${directory}/`)) return true;
    return readFileSync(`/proc/${pid}/environ`, "latin1").includes(`UNDERSTUDY_TEST=${directory}\0`);
  } catch {
    return false;
  }
}
