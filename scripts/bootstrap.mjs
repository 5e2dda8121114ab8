// Runs on Node 18 and later: it is what brings the Node that all the rest runs on.
import { spawn } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

/** The oldest Node that runs the program. */
const NEEDED = 24;

/**
 * For processes that live for months and mostly wait: a small young generation, few helper threads. Together with
 * {@link LEAN_ENV} an agent holds about 25 MB less. They are handed on to every process that it starts of its own
 * program; what was compiled under other flags is of no use to them.
 */
const LEAN_FLAGS = ["--max-semi-space-size=1", "--v8-pool-size=1"];
/** For agents: what they do in a takeover they do once. The same stands in `src/host/node-arguments.ts`. */
const AGENT_FLAGS = ["--no-opt", "--no-maglev"];
/** For a proxy of web servers: a thousand requests make more short-lived data than an agent in an hour. */
const BUSY_FLAGS = ["--max-semi-space-size=16", "--v8-pool-size=1"];
/** One heap for all threads; two threads for files. */
const LEAN_ENV = { MALLOC_ARENA_MAX: "1", UV_THREADPOOL_SIZE: "2" };

/** The directory of the checkout. */
export const root = dirname(dirname(fileURLToPath(import.meta.url)));

/**
 * Sees to it that the packages are there and returns how to run Node 24 with them: the path of its program
 * and the environment. Prints on standard error only; ends the process when something cannot be had.
 * With `only: "program"` the packages of the development tools may be missing. `command` is what shall run.
 */
export async function bootstrap({ only, command = [] } = {}) {
  const missing = missingPackage(only === "program");
  if (missing !== null) await installPackages(missing);
  const ready = { node: findNode(), flags: LEAN_FLAGS, env: environment() };
  await warmUp(ready);
  if (command.includes("agent")) ready.flags = [...LEAN_FLAGS, ...AGENT_FLAGS];
  if (command.includes("proxy") && command.some((word) => word.startsWith("--listen"))) ready.flags = BUSY_FLAGS;
  return ready;
}

/**
 * The first start of a version strips and compiles all sources once, so that no agent has to: one that did would hold
 * the compiler, some 30 MB, for as long as it lives. A failure costs only that.
 */
async function warmUp({ node, flags, env }) {
  const done = join(env.NODE_COMPILE_CACHE, "warm");
  const sources = `${newestIn(join(root, "src"))}`;
  if (existsSync(done) && readFileSync(done, "utf8") === sources) return;
  for (const more of [[], AGENT_FLAGS]) await run(node, [...flags, ...more, join(root, "scripts", "warm.mjs")], env);
  mkdirSync(env.NODE_COMPILE_CACHE, { recursive: true });
  writeFileSync(done, sources);
}

/** When something in a directory was changed last, in milliseconds since 1970. */
function newestIn(directory) {
  const entries = readdirSync(directory, { withFileTypes: true });
  const times = entries.map((entry) => {
    const path = join(directory, entry.name);
    return entry.isDirectory() ? newestIn(path) : statSync(path).mtimeMs;
  });
  return Math.max(0, ...times);
}

/** Prints a message and ends: something outside has to be put right first. */
export function giveUp(message) {
  process.stderr.write(`${message}\n`);
  process.exit(1);
}

/**
 * The first package that is not installed as package-lock.json says, or null. Compares with the list that npm
 * keeps of what it installed; packages for other platforms are never there.
 */
function missingPackage(withoutTools) {
  const wanted = JSON.parse(readFileSync(join(root, "package-lock.json"), "utf8")).packages;
  const installedList = join(root, "node_modules", ".package-lock.json");
  if (!existsSync(installedList)) return "all of them";
  const installed = JSON.parse(readFileSync(installedList, "utf8")).packages;
  for (const [path, { version, optional, dev, devOptional }] of Object.entries(wanted)) {
    if (path === "" || (withoutTools && (dev || devOptional))) continue;
    const there = installed[path];
    if (there === undefined ? !optional : there.version !== version) return path.replace("node_modules/", "");
  }
  return null;
}

/**
 * Installs what package-lock.json says, and leaves that file alone. Not with `npm ci`: it refuses a lock file that does
 * not name the optional packages of every platform, and not every registry has all of them.
 */
async function installPackages(missing) {
  const startedAt = performance.now();
  const tell = progressLine(`Installing packages with npm (missing: ${missing})`);
  const npm = process.env.npm_execpath;
  const [command, args] = npm?.endsWith(".js") ? [process.execPath, [npm]] : ["npm", []];
  const { code, output } = await run(command, [...args, "install", "--no-save", "--no-audit", "--no-fund"]);
  const seconds = ((performance.now() - startedAt) / 1000).toFixed(1);
  tell(code === 0 ? `Packages installed in ${seconds} s` : `Installing the packages failed after ${seconds} s`);
  if (code !== 0) giveUp(`${output.trim()}\n\n"npm install" in ${root} did not succeed (exit code ${code}).`);
}

/** Runs a command in the checkout and collects what it prints. */
function run(command, args, env = process.env) {
  return new Promise((resolve) => {
    const child = spawn(command, args, { cwd: root, env, stdio: ["ignore", "pipe", "pipe"] });
    let output = "";
    child.stdout.on("data", (data) => (output += data));
    child.stderr.on("data", (data) => (output += data));
    child.on("error", (error) => resolve({ code: 127, output: error.message }));
    child.on("close", (code) => resolve({ code: code ?? 1, output }));
  });
}

/** One line that counts seconds on a terminal, and is printed once elsewhere. Call the result with how it ended. */
function progressLine(text) {
  if (!process.stderr.isTTY) {
    process.stderr.write(`${text} …\n`);
    return (end) => process.stderr.write(`${end}\n`);
  }
  let seconds = 0;
  const draw = () => process.stderr.write(`\r\x1b[K${text} … ${seconds++} s`);
  draw();
  const timer = setInterval(draw, 1000);
  return (end) => {
    clearInterval(timer);
    process.stderr.write(`\r\x1b[K${end}\n`);
  };
}

/** Node 24 from the packages, else the one that runs this. */
function findNode() {
  const packaged = join(root, "node_modules", `node-${process.platform}-${process.arch}`, "bin", "node");
  if (existsSync(packaged)) return packaged;
  if (Number.parseInt(process.versions.node, 10) >= NEEDED) return process.execPath;
  giveUp(
    `Understudy runs on Node ${NEEDED}, and this is ${process.version}.
There is no package of it for ${process.platform}-${process.arch} (or npm was told to leave out optional packages).
Install Node ${NEEDED} from https://nodejs.org/en/download and run this again with it.`,
  );
}

/** What was stripped and compiled once is kept in the checkout: starts are faster, and each process takes less memory. */
function environment() {
  const cache = process.env.NODE_COMPILE_CACHE ?? join(root, ".cache", "compile");
  return { ...LEAN_ENV, ...process.env, NODE_COMPILE_CACHE: cache };
}
