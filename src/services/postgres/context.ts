import type { Address, PostgresConfig } from "../../config/config.ts";
import type { Credentials } from "../../credentials/credentials.ts";
import type { Clock } from "../../lib/clock.ts";
import type { Account } from "../../host/account.ts";
import type { Programs } from "./programs.ts";
import type { GroupSecrets } from "./secrets.ts";

/** Everything that work on a member's data needs to know. */
export interface DataContext {
  readonly config: PostgresConfig;
  readonly group: string;
  readonly member: string;
  /** Where its server listens. */
  readonly address: Address;
  /** So much later it applies what it has received. */
  readonly delayMs: number;
  /** Where all members of the group listen, by name, this one included: they may connect. */
  readonly members: Readonly<Record<string, Address>>;
  /** The data directory. Its parent must be on the same file system, with room for a second copy. */
  readonly data: string;
  /** Where everything else of this member is kept; see `prepareMemberDirectory`. */
  readonly memberDirectory: string;
  readonly programs: Programs;
  readonly account: Account;
  readonly secrets: GroupSecrets;
  /** What the members show each other and believe, for encrypted connections between them; `null`: those are not encrypted. */
  readonly tls: Credentials | null;
  readonly clock: Clock;
  /** Ends the work under way for good; what it left behind is found by the next look. */
  readonly signal: AbortSignal;
}

/** Where a copy comes from: a running server of the group, usually its primary. */
export interface Source {
  readonly host: string;
  readonly port: number;
  readonly member: string;
}
