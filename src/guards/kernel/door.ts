import { randomInt } from "node:crypto";
import type { Clock } from "../../lib/clock.ts";
import { Failure } from "../../lib/failure.ts";
import { buildText, keepText, ticketText, type Before, type DoorPlan } from "./door-text.ts";
import type { NftObject, NftShell } from "./nft-shell.ts";

/** For how long a ticket lives: first as long as is usual, then for a machine that is busy. The doors close so much earlier. */
const TICKETS_MS = [16, 32, 64, 128];
/** The kernel's time of such things goes in steps of at most that; a ticket and a door may each end one step late. */
const STEP_MS = 10;
/** What is less than a step is no time at all to the kernel, which it takes for all time. */
const LEAST_MS = 2 * STEP_MS;

/**
 * What became of keeping a door open. `kept`: it is open, until the instant named at most. `expired`: it has
 * closed, and is not opened again. `late`: there was no time left worth opening it for; what was open ends
 * when it would have. `absent`: there is no table.
 */
export type Kept = "kept" | "expired" | "late" | "absent";

interface Look extends Before {
  readonly members: string | null;
}

/**
 * The doors of one group in the kernel: a table of its own, which is there only while the group is guarded.
 * Its state is the kernel's alone; a process that comes new finds it as it is.
 */
export class Door {
  readonly plan: DoorPlan;
  readonly #nft: NftShell;
  readonly #clock: Clock;

  constructor(plan: DoorPlan, nft: NftShell, clock: Clock) {
    this.plan = plan;
    this.#nft = nft;
    this.#clock = clock;
  }

  /** Makes the table, closed for clients; rejects with a `Failure` when it is not there afterwards. */
  async build(): Promise<void> {
    const objects = await this.#nft.ask(buildText(this.plan));
    if (!this.#isIn(objects)) throw new Failure(`The kernel did not take the doors: ${this.#nft.complaint}`);
  }

  async exists(): Promise<boolean> {
    return this.#isIn(await this.#nft.ask());
  }

  /** Removes the table; whoever it kept out comes in again. Rejects with a `Failure` when it is still there. */
  async remove(): Promise<void> {
    const objects = await this.#nft.ask(`delete table inet ${this.plan.table}`);
    if (this.#isIn(objects)) throw new Failure(`The kernel did not remove the doors: ${this.#nft.complaint}`);
  }

  /**
   * Keeps the members' door open until at most `untilMs`, and the clients' one or not. However long we or
   * `nft` are stopped in between, it is never open any longer: the kernel knows only times from now on, so
   * they are counted from when a ticket's life is over at the latest, and taken only while it lives.
   */
  async keep(untilMs: number, clients: boolean): Promise<Kept> {
    for (const ticketMs of TICKETS_MS) {
      const ticket = randomInt(1, 2 ** 31);
      const { table } = this.plan;
      const before = this.#lookIn(await this.#nft.ask(ticketText(table, ticket, ticketMs), `list table inet ${table}`));
      // The ticket began before this instant.
      const lifeMs = Math.floor(untilMs - this.#clock.nowMs() - ticketMs - 2 * STEP_MS);
      if (before === null) return "absent";
      if (!before.unopened && before.members === null) return "expired";
      if (lifeMs < LEAST_MS) return "late";
      const text = keepText(this.plan, ticket, before, lifeMs, clients);
      const after = this.#lookIn(await this.#nft.ask(text, `list table inet ${table}`));
      if (after?.members === String(ticket)) return "kept";
    }
    throw new Failure("The kernel's doors could not be kept open: this machine is too slow for that at the moment");
  }

  #isIn(objects: readonly NftObject[]): boolean {
    return objects.some(({ table }) => table?.["name"] === this.plan.table);
  }

  /** `null`: there is no such table. */
  #lookIn(objects: readonly NftObject[]): Look | null {
    if (!this.#isIn(objects)) return null;
    return {
      unopened: markOf(objects, "unopened") !== null,
      members: markOf(objects, "members"),
      clients: markOf(objects, "clients") !== null,
    };
  }
}

/** The comment of the element in a set that has one at most; `null`: it has none, because it expired or never was. */
function markOf(objects: readonly NftObject[], name: string): string | null {
  const set = objects.find(({ set }) => set?.["name"] === name)?.["set"];
  const [element] = (set?.["elem"] ?? []) as readonly (number | { readonly elem: { readonly comment?: string } })[];
  if (element === undefined) return null;
  return typeof element === "number" ? "" : (element.elem.comment ?? "");
}
