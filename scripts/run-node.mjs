import { spawn } from "node:child_process";
import { constants } from "node:os";
import { join } from "node:path";
import { giveUp, root } from "./bootstrap.mjs";

/** What is passed on. SIGWINCH: the child does not hear of the terminal's size by itself. */
const PASSED_ON = ["SIGINT", "SIGTERM", "SIGHUP", "SIGQUIT", "SIGUSR2", "SIGWINCH"];

/** On Ctrl-C a signal comes twice, from the terminal and from npm, which passes it on; the second is not a second wish. */
const ECHO_MS = 500;

/**
 * For processes that live for months and mostly wait: a small young generation, few helper threads. Together with
 * {@link LEAN_ENV} an agent holds about 25 MB less. They are handed on to every process that it starts of its own program.
 */
const LEAN_FLAGS = ["--max-semi-space-size=2", "--v8-pool-size=1"];
/** One heap for all threads; two threads for files. */
const LEAN_ENV = { MALLOC_ARENA_MAX: "1", UV_THREADPOOL_SIZE: "2" };

/**
 * Runs a program of the checkout with Node 24 in the place of this process: same arguments, input, output and
 * signals, each of them once. Ends with its exit code when it has ended.
 */
export function becomeNode({ node, env }, program, args) {
  // In a session of its own, so that signals reach it through here only, whoever sends them.
  const child = spawn(node, [...LEAN_FLAGS, join(root, program), ...args], {
    stdio: "inherit",
    env: { ...LEAN_ENV, ...env },
    detached: true,
  });
  const lastAt = new Map();
  for (const signal of PASSED_ON) {
    process.on(signal, () => {
      const now = performance.now();
      const isEcho = signal !== "SIGWINCH" && now - (lastAt.get(signal) ?? -Infinity) < ECHO_MS;
      lastAt.set(signal, now);
      if (!isEcho) child.kill(signal);
    });
  }
  child.on("error", (error) => giveUp(`Cannot run ${node}: ${error.message}`));
  child.on("exit", (code, signal) => process.exit(code ?? 128 + constants.signals[signal]));
}
