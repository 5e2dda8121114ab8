import type { StoreConfig } from "../config/config.ts";
import { openSqliteStore } from "./sqlite.ts";
import type { Store } from "./store.ts";

/** The kinds of store that a configuration can name. */
const stores = {
  sqlite: (config: StoreConfig) => openSqliteStore(config.file),
} satisfies Record<StoreConfig["kind"], (config: StoreConfig) => Promise<Store>>;

/** Opens the store that the configuration names; rejects with a `Failure` that says what to do. */
export function openStore(config: StoreConfig): Promise<Store> {
  return stores[config.kind](config);
}
