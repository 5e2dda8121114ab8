import { after } from "node:test";
import { openEtcdStore } from "../../src/store/etcd/open-etcd-store.ts";
import type { Store } from "../../src/store/store.ts";
import { EtcdCluster } from "../support/etcd-cluster.ts";
import { storeConformance } from "./store.ts";

const cluster = await EtcdCluster.start({ electionMs: 1200 });
after(() => cluster[Symbol.asyncDispose]());
let worlds = 0;

storeConformance("etcd", async () => {
  const config = cluster.config(`/understudy/world-${++worlds}`, { leaseMs: 10_000 });
  const stores: Store[] = [];
  return {
    async open() {
      const store = await openEtcdStore(config, { say: () => undefined });
      stores.push(store);
      return store;
    },
    async end() {
      await Promise.all(stores.map((store) => store.close()));
    },
  };
});
