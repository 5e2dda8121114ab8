import { keys } from "../core/keys.ts";
import { formatSecrets, newSecrets, parseSecrets, type GroupSecrets } from "../services/postgres/secrets.ts";
import type { Store } from "../store/store.ts";

/** The group's secrets from the store; `make`: the founder makes them if there are none. `null`: not there yet. */
export async function loadSecrets(store: Store, group: string, make: boolean): Promise<GroupSecrets | null> {
  const key = keys.secret(group);
  const [entry] = await store.read([key]);
  if (entry?.value != null) return parseSecrets(entry.value);
  if (!make) return null;
  await store.transact({ expect: [{ key, revision: 0 }], write: [{ key, value: formatSecrets(newSecrets()) }] });
  return loadSecrets(store, group, false);
}
