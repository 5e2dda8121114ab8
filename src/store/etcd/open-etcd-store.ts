import { setTimeout as sleep } from "node:timers/promises";
import type { EtcdConfig } from "../../config/config.ts";
import { tell } from "../../host/tell.ts";
import { Failure } from "../../lib/failure.ts";
import { StoreAway, type Store } from "../store.ts";
import { LastingFailure } from "./advice.ts";
import { EtcdBell } from "./bell.ts";
import { EtcdCluster } from "./cluster.ts";
import { EtcdStore } from "./etcd-store.ts";
import { Keyspace } from "./keyspace.ts";
import { originOf, type Origin } from "./origin.ts";
import { paceOf, type Pace } from "./pace.ts";
import { warnAbout } from "./warnings.ts";

/** How an etcd store is opened, besides its configuration. */
export interface EtcdOptions {
  /** Other times than those that follow from the lease. */
  readonly pace?: Partial<Pace>;
  /** Where warnings go: old versions, slow elections, members that do not answer. Default: the standard error. */
  readonly say?: (text: string) => void;
}

const IN_THE_CLEAR =
  "Warning: the password for etcd goes over the network in the clear: set store.etcd.tls, unless nobody else can listen.";

/** Between two tries to open it. */
const AGAIN_MS = 100;

/**
 * Opens the store in etcd, or makes one below the prefix when there is none. Rejects with a `Failure` that
 * says what to do; with `StoreAway`, after some seconds, where waiting longer may help.
 */
export async function openEtcdStore(config: EtcdConfig, options: EtcdOptions = {}): Promise<Store> {
  const say = options.say ?? ((text: string): void => tell(`${new Date().toISOString()} ${text}`));
  const pace = { ...paceOf(config.leaseMs), ...options.pace };
  const cluster = new EtcdCluster(config, pace, say);
  const keyspace = new Keyspace(config.prefix);
  try {
    const origin = await patiently(() => originOf(cluster, keyspace), pace.openMs);
    if (config.login !== null && config.tls === null) say(IN_THE_CLEAR);
    void warnAbout(cluster, config.leaseMs, say);
    return new EtcdStore({ cluster, keyspace, origin, bell: new EtcdBell(cluster, keyspace) });
  } catch (error) {
    cluster.close();
    throw error;
  }
}

async function patiently(open: () => Promise<Origin>, ms: number): Promise<Origin> {
  const untilMs = performance.now() + ms;
  for (;;) {
    try {
      return await open();
    } catch (error) {
      if (!(error instanceof Failure) || error instanceof LastingFailure) throw error;
      if (performance.now() > untilMs) throw new StoreAway(error.message);
    }
    await sleep(AGAIN_MS);
  }
}
