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
}

/** A holder begins anew after the others have: one member less at a time. */
const HOLDER_LEASES = 2;
/** For so long a node that leaves waits until nobody counts on it. */
const PART_MS = 15_000;
const PART_LOOK_MS = 200;
const DAY_MS = 24 * 3_600_000;

/** Lets the agent begin anew when the configuration that all share or its certificates have changed, and end when it is no part of the cluster any more. */
export function keepUp(parts: KeepUpParts): Cancel {
  const { store, log } = parts;
  let isBusy = false;
  let wasRung = false;
  const look = async (): Promise<void> => {
    wasRung = true;
    if (isBusy) return;
    isBusy = true;
    while (wasRung && !parts.ending.rung) {
      wasRung = false;
      await takeOver(parts).catch((error: unknown) =>
        log(`The configuration of the others is not known: ${messageOf(error)}`),
      );
    }
    isBusy = false;
  };
  const unwatch = store.watch(keys.configuration, () => void look());
  const stopRenewing = renewing(parts);
  void look();
  return () => {
    unwatch();
    stopRenewing();
  };
}

async function takeOver(parts: KeepUpParts): Promise<void> {
  const { ending, isHolder, config, own } = parts;
  const consequence = await takeConfiguration(parts);
  if (consequence === "none") return;
  if (consequence === "removed") {
    await parted(parts);
    return ending.now(
      "removed",
      `"${own.node}" has left the cluster: its services are stopped, and its data stays where it is`,
    );
  }
  if (isHolder()) await sleep(systemClock, HOLDER_LEASES * config.takeover.leaseMs);
  ending.now("reconfigure", "the agent begins anew, by the new configuration; its services go on");
}

/** Waits until no group counts on this node's copy. */
async function parted({ store, own }: KeepUpParts): Promise<void> {
  const endAtMs = systemClock.nowMs() + PART_MS;
  while (systemClock.nowMs() < endAtMs) {
    const records = await store.list(keys.groups).catch(() => []);
    const isMember = ({ value }: { readonly value: string | null }): boolean =>
      (JSON.parse(value ?? "{}") as Partial<GroupRecord>).members?.includes(own.node) === true;
    if (records.length > 0 && !records.some(isMember)) return;
    await sleep(systemClock, PART_LOOK_MS);
  }
}

/** Once a day the certificate is looked at. */
function renewing({ config, own, store, standing, ending, log }: KeepUpParts): Cancel {
  if (standing === null) return () => undefined;
  let cancel: Cancel = () => undefined;
  const look = async (): Promise<void> => {
    const now = await standingOf(config, own, store).catch((error: unknown) => {
      log(`The certificate could not be looked at: ${messageOf(error)}`);
      return standing;
    });
    if (now?.credentials.cert !== standing.credentials.cert)
      ending.now(
        "reconfigure",
        "the node's certificate was renewed: the agent begins anew with it, its services go on",
      );
  };
  const again = (): void => {
    cancel = systemClock.after(DAY_MS, () => void look().then(again));
  };
  again();
  return () => cancel();
}
