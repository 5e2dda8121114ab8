import { systemClock } from "../agent/system-clock.ts";
import type { AgentPort } from "../api/agent-port.ts";
import type { PeerPlace } from "../api/peer-server.ts";
import type { Address, Config, NodeConfig } from "../config/config.ts";
import { timingOf } from "../core/timing.ts";
import type { Authority } from "../credentials/authority.ts";
import type { Credentials } from "../credentials/credentials.ts";
import type { Heartbeats } from "../heartbeats/heartbeats.ts";
import { heartbeatKey } from "../heartbeats/key.ts";
import { UdpHeartbeats } from "../heartbeats/udp.ts";
import { sleep } from "../lib/clock.ts";
import { Failure, messageOf } from "../lib/failure.ts";
import type { MembershipPort } from "../membership/membership-port.ts";
import type { Store } from "../store/store.ts";

/** Between attempts to answer other hosts. */
const AGAIN_MS = 1000;

/** What a node is to the others, and they to it. */
export interface Standing {
  readonly authority: Authority;
  readonly credentials: Credentials;
}

/** The node's credentials, made where they are missing; `null`: the configuration wants none. What makes them is loaded only then. */
export async function standingOf(
  { credentials, cluster }: Config,
  own: NodeConfig,
  store: Store,
): Promise<Standing | null> {
  if (credentials === null) return null;
  const { authorityOf } = await import("../credentials/authority.ts");
  const { nodeCredentials } = await import("../credentials/node-certificate.ts");
  const authority = await authorityOf(store, cluster);
  return { authority, credentials: await nodeCredentials(credentials, { name: own.node, cluster }, authority) };
}

/** `null`: the file gives the nodes no addresses for heartbeats. */
export function heartbeatsOf(config: Config, own: NodeConfig, authority: Authority | null): Heartbeats | null {
  const { cluster, nodes, takeover } = config;
  if (own.heartbeat === null) return null;
  const addresses: Record<string, Address> = {};
  for (const { node, heartbeat } of Object.values(nodes)) if (heartbeat !== null) addresses[node] = heartbeat;
  const key = keyOf(config, authority);
  const timing = timingOf(takeover.leaseMs);
  return new UdpHeartbeats({ cluster, me: own.node, addresses, key, timing, clock: systemClock });
}

function keyOf({ heartbeats: { keyFile, makeKey } }: Config, authority: Authority | null): Buffer {
  if (keyFile !== null) return heartbeatKey(keyFile, makeKey);
  if (authority === null) throw new Failure("There is no key for heartbeats: the cluster has no authority");
  return Buffer.from(authority.heartbeatKey, "hex");
}

/** Lets hosts in and out; what that takes is loaded with the first request. */
export function membershipOf(
  config: Config,
  own: NodeConfig,
  parts: { readonly store: Store; readonly standing: Standing | null; readonly log: (text: string) => void },
): () => Promise<MembershipPort> {
  const { store, standing, log } = parts;
  return async () => {
    if (standing === null)
      throw new Failure("Hosts can join and leave only with credentials: see docs/joining.md for the setting");
    const { Membership } = await import("../membership/membership.ts");
    const { authority } = standing;
    return new Membership({ config, node: own.node, store, authority, clock: systemClock, log });
  };
}

interface PeerAnswers {
  readonly port: AgentPort;
  readonly membership: () => Promise<MembershipPort>;
  readonly log: (text: string) => void;
}

/** Answers other hosts, where the node has an address for that; an address that cannot be had holds nothing else up. Returns how to stop. */
export function answerPeers(
  { nodes }: Config,
  { peer }: NodeConfig,
  standing: Standing | null,
  answers: PeerAnswers,
): () => Promise<void> {
  if (peer === null || standing === null) return async () => undefined;
  const isNode = (name: string): boolean => nodes[name] !== undefined;
  const place = { address: peer, credentials: standing.credentials, isNode };
  const stop = new AbortController();
  const served = serveAsSoonAsPossible(answers, place, stop.signal);
  return async () => {
    stop.abort();
    await (
      await served
    )?.();
  };
}

/** `null`: it was stopped before. */
async function serveAsSoonAsPossible(
  answers: PeerAnswers,
  place: PeerPlace,
  signal: AbortSignal,
): Promise<(() => Promise<void>) | null> {
  const { servePeers } = await import("../api/peer-server.ts");
  let told = "";
  while (!signal.aborted) {
    try {
      return await servePeers(answers, place);
    } catch (error) {
      if (messageOf(error) !== told) answers.log(messageOf(error));
      told = messageOf(error);
      await sleep(systemClock, AGAIN_MS);
    }
  }
  return null;
}
