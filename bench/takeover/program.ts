import { execFile, spawn, type ChildProcess } from "node:child_process";
import { openSync, closeSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { nodeArguments } from "../../src/host/node-arguments.ts";

const MAIN = fileURLToPath(new URL("../../src/cli/main.ts", import.meta.url));

/** What a command left. */
export interface CommandResult {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a command of the program to its end. Never rejects. */
export function command(args: readonly string[], cwd: string, withinMs = 60_000): Promise<CommandResult> {
  return new Promise((resolve) => {
    execFile(process.execPath, [MAIN, ...args], { cwd, timeout: withinMs }, (error, stdout, stderr) => {
      const code = error === null ? 0 : typeof error.code === "number" ? error.code : 1;
      resolve({ code, stdout, stderr });
    });
  });
}

/** Starts a command that goes on; its output goes to the end of `log`. */
export function startCommand(args: readonly string[], cwd: string, log: string): ChildProcess {
  const file = openSync(log, "a");
  try {
    return spawn(process.execPath, nodeArguments(MAIN, args), {
      cwd,
      stdio: ["ignore", file, file],
      detached: true,
    });
  } finally {
    closeSync(file);
  }
}
