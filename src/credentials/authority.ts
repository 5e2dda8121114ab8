import { randomBytes } from "node:crypto";
import { keys } from "../core/keys.ts";
import { Failure, UnknownOutcome } from "../lib/failure.ts";
import type { Store } from "../store/store.ts";
import { newAuthority, type KeyPair } from "./certificate.ts";

/** What makes one cluster of the nodes. It is kept in the store: whoever may read that is a node of the cluster anyway. */
export interface Authority extends KeyPair {
  /** The key of all heartbeats, 64 hexadecimal digits. */
  readonly heartbeatKey: string;
}

const YEARS_DAYS = 20 * 365;

/** The cluster's authority from the store; whoever comes first makes it. Rejects as the store does, and with a {@link Failure} when it cannot be read. */
export async function authorityOf(store: Store, cluster: string): Promise<Authority> {
  const there = await read(store);
  if (there !== null) return there;
  const made = await newAuthority({ name: `authority of ${cluster}`, cluster }, YEARS_DAYS);
  const authority: Authority = { ...made, heartbeatKey: randomBytes(32).toString("hex") };
  // Who loses the race, or the answer, goes by what is there afterwards.
  const write = [{ key: keys.authority, value: JSON.stringify(authority) }];
  await store.transact({ expect: [{ key: keys.authority, revision: 0 }], write }).catch((error: unknown) => {
    if (!(error instanceof UnknownOutcome)) throw error;
  });
  const kept = await read(store);
  if (kept === null) throw new Failure("The cluster's authority was made, and is not in the store");
  return kept;
}

async function read(store: Store): Promise<Authority | null> {
  const [entry] = await store.read([keys.authority]);
  if (entry?.value == null) return null;
  const { certificate, key, heartbeatKey } = JSON.parse(entry.value) as Partial<Record<keyof Authority, unknown>>;
  if (typeof certificate === "string" && typeof key === "string" && typeof heartbeatKey === "string")
    return { certificate, key, heartbeatKey };
  throw new Failure(
    "Cannot read the cluster's authority in the store: it is not in the form that this version writes.",
  );
}
