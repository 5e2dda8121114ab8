import { systemClock } from "../agent/system-clock.ts";
import { keys } from "../core/keys.ts";
import type { GroupRecord } from "../core/record.ts";
import { sleep, type Cancel } from "../lib/clock.ts";
import { messageOf } from "../lib/failure.ts";
import { takeConfiguration, type KeepParts } from "../membership/keep-configuration.ts";
import type { EndingBell } from "./ending.ts";
import { standingOf, type Standing } from "./peers.ts";

export interface KeepUpParts extends KeepParts {
  readonly ending: EndingBell;
  readonly standing: Standing | null;
  /** Whether this node holds the term of some group. */
  readonly isHolder: () => boolean;
  /** Prolongs the session. */
  readonly renew: () => Promise<unknown>;
  /** Logs each text once. */
  readonly tell: (text: string) => void;
}

/** A holder begins anew after the others have: one member less at a time. */
const HOLDER_LEASES = 2;
/** What could not be done yet is tried again after that. */
const AGAIN_MS = 1000;
/** By then the guard has been told of a lease that was prolonged. */
const ARMED_MS = 50;
const DAY_MS = 24 * 3_600_000;

/** Lets the agent begin anew when the configuration that all share or its certificates have changed, and end when it is no part of the cluster any more. */
export function keepUp(parts: Omit<KeepUpParts, "tell">): Cancel {
  const { store, log } = parts;
  let isBusy = false;
  let wasRung = false;
  let told = "";
  // Once, however often it is tried.
  const tell = (text: string): void => {
    if (text !== told) log(text);
    told = text;
  };
  const look = async (): Promise<void> => {
    wasRung = true;
    if (isBusy) return;
    isBusy = true;
    while (wasRung && !parts.ending.rung) {
      wasRung = false;
      const isDone = await takeOver({ ...parts, tell, log: tell }).catch((error: unknown) => {
        tell(`The configuration of the others is not known: ${messageOf(error)}`);
        return false;
      });
      if (!isDone) again();
    }
    isBusy = false;
  };
  let stopTrying: Cancel = () => undefined;
  const again = (): void => {
    stopTrying();
    stopTrying = systemClock.after(AGAIN_MS, () => void look());
  };
  const unwatch = store.watch(keys.configuration, () => void look());
  const stopRenewing = renewing(parts);
  void look();
  return () => {
    unwatch();
    stopTrying();
    stopRenewing();
  };
}

/** `false`: it has to be tried again. */
async function takeOver(parts: KeepUpParts): Promise<boolean> {
  const { ending, isHolder, renew, config, own } = parts;
  const consequence = await takeConfiguration(parts);
  if (consequence.what === "removed") {
    if (await isCountedOn(parts)) return false;
    ending.now("removed", `"${own.node}" has left the cluster: its services stop, and its data stays where it is`);
  }
  if (consequence.what === "reconfigure") {
    if (isHolder()) await sleep(systemClock, HOLDER_LEASES * config.takeover.leaseMs);
    // Nobody renews until it has begun anew: it sets out with all of the lease, and so does its guard.
    await renew();
    await sleep(systemClock, ARMED_MS);
    const text = "the agent begins anew, by the new configuration; its services go on";
    ending.now("reconfigure", text, consequence.config);
  }
  return consequence.what !== "try again";
}

/** Whether a group has this node for a member, or its primary: then it stays what it is, however long that is. */
async function isCountedOn({ store, own, isHolder, tell }: KeepUpParts): Promise<boolean> {
  const records = await store.list(keys.groups);
  const parsed = records.map(({ value }) => JSON.parse(value ?? "{}") as Partial<GroupRecord>);
  if (isHolder() || parsed.some(({ primary }) => primary === own.node)) {
    tell(`"${own.node}" is to leave, and is a primary: switch over to another member first`);
    return true;
  }
  return parsed.some(({ members }) => members?.includes(own.node) === true);
}

/** Once a day the certificate is looked at. */
function renewing({ config, own, store, standing, ending, log }: Omit<KeepUpParts, "tell">): Cancel {
  if (standing === null) return () => undefined;
  let cancel: Cancel = () => undefined;
  const look = async (): Promise<void> => {
    const now = await standingOf(config, own, store).catch((error: unknown) => {
      log(`The certificate could not be looked at: ${messageOf(error)}`);
      return standing;
    });
    const text = "the node's certificate was renewed: the agent begins anew with it, its services go on";
    if (now?.credentials.cert !== standing.credentials.cert) ending.now("reconfigure", text, config);
  };
  const again = (): void => {
    cancel = systemClock.after(DAY_MS, () => void look().then(again));
  };
  again();
  return () => cancel();
}
