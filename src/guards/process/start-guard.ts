import { spawn, type ChildProcess } from "node:child_process";
import { chmod, mkdir, readdir, readFile, realpath, stat } from "node:fs/promises";
import { connect, type Socket } from "node:net";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { Failure, UserError } from "../../lib/failure.ts";

const PROGRAM = fileURLToPath(new URL("guard-process.ts", import.meta.url));
/** A guard holds next to nothing; without these V8 reserves for a server. */
const FLAGS = ["--max-semi-space-size=1", "--max-old-space-size=32", "--no-warnings"];
/** The longest path of a Unix socket, less what the program adds while it starts. */
const MAX_PATH_BYTES = 96;
const START_MS = 5000;
const LOOK_MS = 5;

/** A connection to the guard of `directory`, which is started if none lives there. Rejects with a `Failure` after some seconds. */
export async function connectOrStart(directory: string): Promise<Socket> {
  const path = socketPath(directory);
  await makeDirectory(directory);
  const living = await connectTo(path);
  if (living !== null) return living;
  await warmCache(await realpath(directory));
  startProgram(await realpath(directory), path);
  const endAtMs = performance.now() + START_MS;
  while (performance.now() < endAtMs) {
    const started = await connectTo(path);
    if (started !== null) return started;
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
  }
  throw new Failure(`The guard in "${directory}" did not start within ${START_MS} ms: see guard.log there`);
}

/** Other users may pass through to what is below (a server's data is its own user's), and see nothing else. */
async function makeDirectory(directory: string): Promise<void> {
  await mkdir(directory, { recursive: true, mode: 0o711 });
  await chmod(directory, 0o711);
}

function socketPath(directory: string): string {
  const path = join(directory, "guard.sock");
  if (Buffer.byteLength(path) <= MAX_PATH_BYTES) return path;
  throw new UserError(
    `The directory "${directory}" has too long a name for a socket: give the node one of at most ${MAX_PATH_BYTES - 11} bytes`,
  );
}

/** The guards that were started for `directory`: one, for a moment more while several try to be it. */
export async function guardProcesses(directory: string): Promise<readonly number[]> {
  const wanted = `\0${PROGRAM}\0${socketPath(directory)}\0`;
  const pids = (await readdir("/proc").catch(() => [])).filter((name) => /^\d+$/.test(name));
  const found = await Promise.all(
    pids.map(async (pid) => (await readFile(`/proc/${pid}/cmdline`, "latin1").catch(() => "")).endsWith(wanted)),
  );
  return pids.filter((_, i) => found[i]).map(Number);
}

/** `null` when nobody listens there. */
function connectTo(path: string): Promise<Socket | null> {
  return new Promise((resolve) => {
    const socket = connect(path);
    socket.once("connect", () => resolve(socket)).once("error", () => resolve(null));
  });
}

/** Reading TypeScript costs 15 MB that stay; a program whose text is in the cache already needs none of them. */
async function warmCache(directory: string): Promise<void> {
  const cache = cacheOf(directory);
  if (await stat(cache).catch(() => null)) return;
  const child = runProgram(directory, []);
  await new Promise((resolve) => child.once("exit", resolve).once("error", resolve));
}

/** Starts the program as nobody's child: in a session of its own, with nothing inherited. */
function startProgram(directory: string, path: string): void {
  runProgram(directory, [path])
    .once("error", () => undefined)
    .unref();
}

function runProgram(directory: string, args: readonly string[]): ChildProcess {
  return spawn(process.execPath, [...FLAGS, PROGRAM, ...args], {
    cwd: "/",
    detached: true,
    stdio: "ignore",
    env: {
      PATH: process.env["PATH"] ?? "/usr/bin:/bin",
      NODE_COMPILE_CACHE: process.env["NODE_COMPILE_CACHE"] ?? cacheOf(directory),
      UV_THREADPOOL_SIZE: "2",
    },
  });
}

function cacheOf(directory: string): string {
  return join(directory, "compile-cache");
}
