import { spawn } from "node:child_process";
import { constants } from "node:os";
import { join } from "node:path";
import { giveUp, root } from "./bootstrap.mjs";

/** What is passed on. SIGWINCH: the child does not hear of the terminal's size by itself. */
const PASSED_ON = ["SIGINT", "SIGTERM", "SIGHUP", "SIGQUIT", "SIGUSR2", "SIGWINCH"];

/** On Ctrl-C a signal comes twice, from the terminal and from npm, which passes it on; the second is not a second wish. */
const ECHO_MS = 500;

/**
 * Runs a program of the checkout with Node 24 in the place of this process: same arguments, input, output and
 * signals, each of them once. Ends with its exit code when it has ended.
 */
export function becomeNode({ node, flags, env }, program, args) {
  // In a session of its own, so that signals reach it through here only, whoever sends them.
  const child = spawn(node, [...flags, join(root, program), ...args], {
    stdio: "inherit",
    env,
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
