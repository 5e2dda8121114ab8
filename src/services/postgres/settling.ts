import type { Cancel } from "../../lib/clock.ts";
import { alterSystem, type Instance } from "./instance.ts";
import { checkpoint } from "./stop.ts";

/** Long enough for a takeover to be over, with its clients back. */
const AFTER_MS = 1500;

/**
 * What a promotion leaves to be done when nobody waits for it any more: a checkpoint brings the control
 * file to the new timeline (a rewind elsewhere reads it there), the settings name nobody to receive from, and the data
 * no longer says that a promotion is under way.
 */
export class Settling {
  readonly #instance: Instance;
  #planned: Cancel | null = null;

  constructor(instance: Instance) {
    this.#instance = instance;
  }

  /** Does it soon, for the life of the server that is primary now. A second wish changes nothing. */
  soon(life: string): void {
    this.#planned ??= this.#instance.clock.after(AFTER_MS, () => {
      void this.#settle(life).catch(() => undefined);
    });
  }

  /** The server ends, or the agent does: the next one that sees it primary will do it. */
  cancel(): void {
    this.#planned?.();
    this.#planned = null;
  }

  async #settle(life: string): Promise<void> {
    const { identity, reign } = this.#instance;
    try {
      await checkpoint(this.#instance);
      await alterSystem(this.#instance, "primary_conninfo", "");
      const isStillSo = this.#planned !== null && reign.of(life)?.firstOffset != null;
      if (isStillSo) await identity.change({ promoting: null });
    } finally {
      this.#planned = null;
    }
  }
}
