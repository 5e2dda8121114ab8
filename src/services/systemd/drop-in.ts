import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { SystemdConfig } from "../../config/process-config.ts";
import { Failure, messageOf } from "../../lib/failure.ts";

export interface DropInParts {
  readonly config: SystemdConfig;
  /** A file with variables for the unit's processes. */
  readonly environmentFile: string;
  /** What must succeed right before each start. */
  readonly question: readonly string[];
}

/**
 * Adds to the unit what Understudy needs, as long as this host runs: systemd itself starts it no more (`Restart=no`), asks before
 * each start, and gives its processes what they are told. Resolves with the file; systemd has to read its units anew for it. Rejects with
 * a `Failure`.
 */
export async function writeDropIn(parts: DropInParts): Promise<string> {
  const directory = directoryOf(parts.config);
  const file = join(directory, "zz-understudy.conf");
  const text = textOf(parts);
  try {
    if ((await readFile(file, "utf8").catch(() => "")) === text) return file;
    await mkdir(directory, { recursive: true, mode: 0o755 });
    await writeFile(file, text, { mode: 0o644 });
    return file;
  } catch (error) {
    throw new Failure(
      `Cannot add to the unit (${file}): ${messageOf(error)}. Run the agent as root, or use scope: user`,
    );
  }
}

/** Below these everything is gone once the host, or the user's session, has ended. */
function directoryOf({ unit, scope }: SystemdConfig): string {
  if (scope === "system") return join("/run/systemd/system", `${unit}.d`);
  const runtime = process.env["XDG_RUNTIME_DIR"];
  if (runtime === undefined)
    throw new Failure("XDG_RUNTIME_DIR is not set: there is no systemd of this user. Use scope: system, or set it");
  return join(runtime, "systemd/user", `${unit}.d`);
}

function textOf({ environmentFile, question }: DropInParts): string {
  return [
    "# Written by Understudy, which decides where this unit runs. Gone after a restart of the host.",
    "[Service]",
    "Restart=no",
    `EnvironmentFile=-${environmentFile.replaceAll("%", "%%")}`,
    // With all rights, whatever the unit may see and do itself.
    `ExecStartPre=+${question.map(quoted).join(" ")}`,
    "",
  ].join("\n");
}

/** A word of a command, as systemd reads it: nothing in it is replaced. */
function quoted(word: string): string {
  const plain = word.replaceAll("%", "%%").replaceAll("$", "$$$$");
  return `"${plain.replaceAll("\\", "\\\\").replaceAll('"', '\\"')}"`;
}
