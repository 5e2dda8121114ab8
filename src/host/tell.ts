import { writeSync } from "node:fs";

const STANDARD_ERROR = 2;

/** Writes a line to the standard error, at once. What cannot be written (a log on a full disk) is lost: no process may end for that. */
export function tell(line: string): void {
  try {
    writeSync(STANDARD_ERROR, `${line}\n`);
  } catch {
    return; // There is no other place to say so.
  }
}
