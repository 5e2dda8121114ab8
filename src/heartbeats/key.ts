import { randomBytes } from "node:crypto";
import { linkSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { messageOf, UserError } from "../lib/failure.ts";

/** 32 bytes, as hexadecimal digits. */
const KEY = /^[0-9a-f]{64}$/i;

const HOW_TO = "Make one with: (umask 077; openssl rand -hex 32 > FILE), and give every node the same";

/**
 * The key that all agents of a cluster share. With `make` it is made when there is none (0600): where all agents are on one
 * machine, whoever comes first makes it for all. Throws a {@link UserError} that says what to do when it cannot be used.
 */
export function heartbeatKey(file: string, make: boolean): Buffer {
  if (make) makeUnlessThere(file);
  const text = textOf(file).trim();
  if (!KEY.test(text))
    throw new UserError(`"${file}" holds no key for heartbeats: expected 64 hexadecimal digits. ${HOW_TO}`);
  return Buffer.from(text, "hex");
}

function textOf(file: string): string {
  try {
    const mode = statSync(file).mode & 0o777;
    if ((mode & 0o077) !== 0)
      throw new UserError(
        `"${file}" can be read by others (mode ${mode.toString(8)}): whoever has this key can speak for any node. Do: chmod 600 ${file}`,
      );
    return readFileSync(file, "utf8");
  } catch (error) {
    if (error instanceof UserError) throw error;
    if ((error as NodeJS.ErrnoException).code === "ENOENT")
      throw new UserError(`There is no key for heartbeats at "${file}". ${HOW_TO}`);
    throw new UserError(`The key for heartbeats cannot be read: ${messageOf(error)}`);
  }
}

/** Written under another name first, so that nobody reads half of it. */
function makeUnlessThere(file: string): void {
  const blank = `${file}.${process.pid}.new`;
  try {
    mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
    if (statSync(file, { throwIfNoEntry: false }) !== undefined) return;
    writeFileSync(blank, `${randomBytes(32).toString("hex")}\n`, { mode: 0o600 });
    linkSync(blank, file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST")
      throw new UserError(`The key for heartbeats cannot be made: ${messageOf(error)}`);
  } finally {
    rmSync(blank, { force: true });
  }
}
