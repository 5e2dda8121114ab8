import { Failure } from "../../lib/failure.ts";
import type { EtcdCluster } from "./cluster.ts";
import { grantLease, revokeLease, status } from "./methods.ts";

/**
 * The first versions without known flaws that matter here, by their minor version: stale reads (3.5.28,
 * 3.6.9), and ways around etcd's permissions (CVE-2026-33413, CVE-2026-44283 and others; 3.5.30, 3.6.11).
 */
const FLOORS: Readonly<Record<string, number>> = { "3.5": 30, "3.6": 11 };

/** Says what is wrong with the versions and times of etcd's members; what cannot be learnt is passed over. */
export async function warnAbout(cluster: EtcdCluster, leaseMs: number, say: (text: string) => void): Promise<void> {
  const [versions, election] = await Promise.all([versionProblem(cluster), electionProblem(cluster, leaseMs)]);
  for (const problem of [versions, election]) if (problem !== null) say(`Warning: ${problem}`);
}

async function versionProblem(cluster: EtcdCluster): Promise<string | null> {
  const members = cluster.endpoints.map(async (endpoint) => {
    const answer = await quietly(() => cluster.askOne(endpoint, status, {}));
    return answer === null || isGood(answer.version) ? [] : [`${endpoint.name}: ${answer.version}`];
  });
  const old = (await Promise.all(members)).flat();
  if (old.length === 0) return null;
  return `this version of etcd has known flaws (stale reads, ways around its permissions): ${old.join(", ")}. Use 3.5.30, 3.6.11 or later of these; let nobody else into this etcd, and let it ask for client certificates.`;
}

/** Whether a version such as `3.5.30` is one without flaws that we know. */
export function isGood(version: string): boolean {
  const [major = 0, minor = 0, patch = 0] = version.split(/[.-]/).map(Number);
  const floor = FLOORS[`${major}.${minor}`];
  return floor === undefined ? major > 3 || (major === 3 && minor > 6) : patch >= floor;
}

/**
 * etcd does not tell its election timeout, but grants no lease below one and a half of it, in whole seconds:
 * https://github.com/etcd-io/etcd, server/etcdserver/server.go, `minTTL`.
 */
async function electionProblem(cluster: EtcdCluster, leaseMs: number): Promise<string | null> {
  const [endpoint] = cluster.endpoints;
  if (endpoint === undefined) return null;
  const lease = await quietly(() => cluster.askOne(endpoint, grantLease, { TTL: 1 }));
  if (lease === null) return null;
  await quietly(() => cluster.askOne(endpoint, revokeLease, { ID: lease.ID }));
  return slowElection(Number(lease.TTL), leaseMs);
}

/** What is wrong with an etcd whose shortest lease is `leastSeconds`, for agents with a lease of `leaseMs`; `null`: nothing that is certain. */
export function slowElection(leastSeconds: number, leaseMs: number): string | null {
  const electionMs = ((leastSeconds - 1) * 1000) / 1.5;
  if (electionMs < leaseMs / 3) return null;
  return `etcd's election timeout is above ${Math.round(electionMs)} ms, too much for a lease of ${leaseMs} ms: when etcd loses its leader, sessions lapse. Start its members with --heartbeat-interval 50 --election-timeout 300 if they are near each other, or choose a longer lease.`;
}

async function quietly<T>(ask: () => Promise<T>): Promise<T | null> {
  try {
    return await ask();
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    return null;
  }
}
