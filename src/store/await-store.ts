import type { StoreConfig } from "../config/config.ts";
import { openStore } from "./open-store.ts";
import { StoreAway, type Store } from "./store.ts";

/** What whoever waits for a store wants to know meanwhile. */
export interface Waiting {
  /** Called with the reason, whenever it is another one. */
  readonly away: (because: string) => void;
  /** Gives up; nobody waits for a store any more. */
  readonly signal: AbortSignal;
}

/**
 * Opens the store, and waits for one that is away for as long as it takes: hosts start in any order, and a store may be back at any time.
 * `null`: `signal` came first. Rejects with a `Failure` where waiting cannot help: a person has to do what it says.
 */
export async function awaitStore(config: StoreConfig, { away, signal }: Waiting): Promise<Store | null> {
  let told = "";
  while (!signal.aborted) {
    try {
      const store = await openStore(config);
      if (!signal.aborted) return store;
      await store.close();
    } catch (error) {
      if (!(error instanceof StoreAway)) throw error;
      if (error.message !== told) away(error.message);
      told = error.message;
    }
  }
  return null;
}
