import { isDeepStrictEqual } from "node:util";
import type { Address } from "../config/config.ts";
import { keys } from "../core/keys.ts";
import type { Cancel } from "../lib/clock.ts";
import { messageOf } from "../lib/failure.ts";
import { parseShared } from "../membership/shared-configuration.ts";
import type { Store } from "../store/store.ts";

export type Addresses = Readonly<Record<string, Address>>;

/**
 * Tells where the group's members listen, at first and whenever hosts have joined or left since; nothing while the files on the hosts are all
 * there is. A group that is configured no more keeps the addresses that it had.
 */
export function followAddresses(
  store: Store,
  group: string,
  tell: (addresses: Addresses) => void,
  log: (text: string) => void,
): Cancel {
  let told: Addresses | null = null;
  const look = async (): Promise<void> => {
    const [entry] = await store.read([keys.configuration]);
    const addresses = parseShared(entry)?.addresses[group];
    if (addresses === undefined || isDeepStrictEqual(addresses, told)) return;
    told = addresses;
    tell(addresses);
  };
  const lookSafely = (): void =>
    void look().catch((error: unknown) => log(`whether members joined or left is not known: ${messageOf(error)}`));
  lookSafely();
  return store.watch(keys.configuration, lookSafely);
}
