import { systemClock } from "../agent/system-clock.ts";
import type { AgentPort } from "../api/agent-port.ts";
import type { Address, Config, NodeConfig } from "../config/config.ts";
import { timingOf } from "../core/timing.ts";
import type { Authority } from "../credentials/authority.ts";
import type { Credentials } from "../credentials/credentials.ts";
import type { Heartbeats } from "../heartbeats/heartbeats.ts";
import { heartbeatKey } from "../heartbeats/key.ts";
import { UdpHeartbeats } from "../heartbeats/udp.ts";
import { Failure } from "../lib/failure.ts";
import type { MembershipPort } from "../membership/membership-port.ts";
import type { Store } from "../store/store.ts";

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

/** Answers other hosts, where the node has an address for that. Resolves to how to stop. */
export async function answerPeers(
  { nodes }: Config,
  own: NodeConfig,
  standing: Standing | null,
  answering: { readonly port: AgentPort; readonly membership: () => Promise<MembershipPort> },
): Promise<() => Promise<void>> {
  if (own.peer === null || standing === null) return async () => undefined;
  const { servePeers } = await import("../api/peer-server.ts");
  const { credentials } = standing;
  return servePeers(answering, { address: own.peer, credentials, isNode: (name) => nodes[name] !== undefined });
}
