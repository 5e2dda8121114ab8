import type { Result } from "../membership/membership-port.ts";
import { Exit, exitCodes } from "./exit.ts";

/** What was done; ends the command with the reason where it was refused. */
export function doneOr<T>(result: Result<T>): T {
  if (result.outcome === "done") return result.value;
  throw new Exit(exitCodes.unsafe, result.text);
}
