import { randomUUID } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { MemoryData, MemoryStore } from "../../src/store/memory.ts";
import { openSqliteStore } from "../../src/store/sqlite.ts";
import type { Store } from "../../src/store/store.ts";
import { storeConformance } from "./store.ts";

storeConformance("memory", async () => {
  const data = new MemoryData(randomUUID());
  return { open: async () => new MemoryStore(data), end: async () => undefined };
});

storeConformance("memory, with answers that take time", async () => {
  const data = new MemoryData(randomUUID());
  return { open: async () => new MemoryStore(data, (then) => void setImmediate(then)), end: async () => undefined };
});

storeConformance("sqlite", async () => {
  const directory = await mkdtemp(join(tmpdir(), "understudy-store-"));
  const stores: Store[] = [];
  return {
    async open() {
      const store = await openSqliteStore(join(directory, "new", "store.db"));
      stores.push(store);
      return store;
    },
    async end() {
      await Promise.all(stores.map((store) => store.close()));
      await rm(directory, { recursive: true });
    },
  };
});
