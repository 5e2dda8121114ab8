import type { StoreConfig } from "../config/config.ts";
import { openSqliteStore } from "./sqlite.ts";
import type { Store } from "./store.ts";

type Opener<K extends StoreConfig["kind"]> = (config: Extract<StoreConfig, { readonly kind: K }>) => Promise<Store>;

/** The kinds of store that a configuration can name. */
const stores: { readonly [K in StoreConfig["kind"]]: Opener<K> } = {
  sqlite: (config) => openSqliteStore(config.file),
  etcd: async (config) => (await import("./etcd/open-etcd-store.ts")).openEtcdStore(config),
};

/** Opens the store that the configuration names; rejects with a `Failure` that says what to do. */
export function openStore(config: StoreConfig): Promise<Store> {
  return config.kind === "etcd" ? stores.etcd(config) : stores.sqlite(config);
}
