import { join } from "node:path";
import type { Address } from "../../config/config.ts";
import type { Account } from "../../host/account.ts";
import type { Clock } from "../../lib/clock.ts";
import type { RunConfig } from "../../config/process-config.ts";

/** Which member's process it is, and where everything of it is kept. */
export interface Place<Config extends RunConfig = RunConfig> {
  readonly group: string;
  readonly member: string;
  /** Where clients reach it. */
  readonly address: Address;
  /** Where all members of the group are, by name, this one included. */
  readonly members: Readonly<Record<string, Address>>;
  readonly memberDirectory: string;
  readonly config: Config;
  readonly account: Account;
  readonly clock: Clock;
  /** Until when the guard lets a primary run, as it is now; what has not begun by then must not begin. */
  readonly guardedUntilMs: () => number;
}

/** Where it works, unless the configuration says otherwise; nothing else does. */
export function workDirectory({ memberDirectory }: Pick<Place, "memberDirectory">): string {
  return join(memberDirectory, "work");
}

/** What it says: its standard output and errors. */
export function outputFile({ memberDirectory }: Pick<Place, "memberDirectory">): string {
  return join(memberDirectory, "process.log");
}

/** What a process that wants to know reads: its role, its term and who is primary, as JSON. */
export function roleFile({ memberDirectory }: Pick<Place, "memberDirectory">): string {
  return join(memberDirectory, "role.json");
}
