import { randomBytes } from "node:crypto";
import { Failure, UnknownOutcome } from "../../lib/failure.ts";
import type { EtcdCluster } from "./cluster.ts";
import type { Keyspace } from "./keyspace.ts";
import { txn, type Operation } from "./methods.ts";

/** Which store this is, and how it is told from one that was put in its place. */
export interface Origin {
  /** A random id made with the store, and the id of the etcd cluster. */
  readonly identity: string;
  readonly clusterId: string;
  /** Of the key with the identity: another one has another. */
  readonly createRevision: string;
}

/** The origin of the store; makes the store when there is none. Rejects with `Failure`. */
export async function originOf(cluster: EtcdCluster, keyspace: Keyspace): Promise<Origin> {
  const found = await find(cluster, keyspace);
  if (found !== null) return found;
  const problem = await make(cluster, keyspace);
  const made = await find(cluster, keyspace);
  if (made === null) throw new Failure(`The store in etcd could not be made. ${problem ?? ""}`);
  return made;
}

async function find(cluster: EtcdCluster, keyspace: Keyspace): Promise<Origin | null> {
  const success: readonly Operation[] = [{ requestRange: { key: keyspace.identity } }];
  const { header, responses } = await cluster.ask("open", txn, { compare: [], success, failure: [] });
  const kv = responses[0]?.responseRange?.kvs[0];
  if (kv === undefined) return null;
  const { clusterId } = header;
  const identity = `${BigInt(clusterId).toString(16)}-${kv.value.toString("utf8")}`;
  return { identity, clusterId, createRevision: kv.createRevision };
}

/** Whoever comes first makes it; the others find it. Says why nobody knows whether it was made, or `null`. */
async function make(cluster: EtcdCluster, keyspace: Keyspace): Promise<string | null> {
  const key = keyspace.identity;
  try {
    await cluster.change({
      compare: [{ result: 0, target: 1, key, createRevision: "0" }],
      success: [{ requestPut: { key, value: Buffer.from(randomBytes(16).toString("hex")) } }],
      failure: [],
    });
    return null;
  } catch (error) {
    if (!(error instanceof UnknownOutcome)) throw error;
    return error.message;
  }
}
