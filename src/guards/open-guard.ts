import type { Clock } from "../lib/clock.ts";
import { messageOf, UserError } from "../lib/failure.ts";
import type { Guard } from "./guard.ts";
import { missingForKernelGuard } from "./kernel/availability.ts";
import { isLocal, planDoor, tableOf, type DoorSubject } from "./kernel/door-plan.ts";
import type { DoorPlan } from "./kernel/door-text.ts";
import { openKernelGuard } from "./kernel/kernel-guard.ts";
import { NftShell } from "./kernel/nft-shell.ts";
import { openProcessGuard } from "./process/process-guard.ts";

/** Which guard is wanted. `auto`: the kernel's wherever other hosts can reach the services and it can be had. */
export type GuardWish = "auto" | "kernel" | "process";

export interface GuardOptions {
  /** The node's own. */
  readonly directory: string;
  readonly wish: GuardWish;
  readonly subjects: readonly DoorSubject[];
  readonly clock: Clock;
  /** Hears what a person should know. */
  readonly log: (text: string) => void;
}

/** The guard that was opened. */
export interface OpenedGuard {
  readonly guard: Guard;
  /** What kept the kernel's guard from being used although it would have been; `null`: nothing. */
  readonly missing: string | null;
}

/** Opens the guard that is wanted. Rejects with a `UserError` that says what to do when it is the kernel's and cannot be had. */
export async function openGuard(options: GuardOptions): Promise<OpenedGuard> {
  const behind = await openProcessGuard({ directory: options.directory, clock: options.clock });
  const { guard, missing } = await openDoors(options, behind);
  if (missing !== null && options.wish === "kernel") {
    await behind.close(true);
    throw new UserError(`The kernel's guard cannot be used: ${missing}. Or leave out "guard: kernel"`);
  }
  if (missing !== null) options.log(`The guard is a process alone: ${missing}`);
  if (guard === null) void removeTables(options).catch(() => undefined);
  return { guard: guard ?? behind, missing };
}

/** The guard with doors before `behind`, or what is missing for it; neither when none are wanted. */
async function openDoors(
  options: GuardOptions,
  behind: Guard,
): Promise<{ readonly guard: Guard | null; readonly missing: string | null }> {
  try {
    const plans = await plansOf(options);
    if (Object.keys(plans).length === 0) return { guard: null, missing: null };
    const missing = await missingForKernelGuard();
    if (missing !== null) return { guard: null, missing };
    return { guard: await openKernelGuard({ plans, behind, clock: options.clock }), missing: null };
  } catch (error) {
    return { guard: null, missing: messageOf(error) };
  }
}

/** By group. A service that only this machine can reach gets doors only if they are asked for. */
async function plansOf({ directory, wish, subjects, log }: GuardOptions): Promise<Readonly<Record<string, DoorPlan>>> {
  if (wish === "process") return {};
  const plans: Record<string, DoorPlan> = {};
  for (const subject of subjects) {
    if (wish === "auto" && (await isLocal(subject.address.host))) continue;
    plans[subject.group] = await planDoor(directory, subject, log);
  }
  return plans;
}

/** An agent that had doors before and has none now leaves none behind: nobody would keep them open. */
async function removeTables({ directory, subjects }: GuardOptions): Promise<void> {
  const nft = new NftShell();
  try {
    await nft.ask(...subjects.map(({ group }) => `delete table inet ${tableOf(directory, group)}`));
  } finally {
    nft.close();
  }
}
