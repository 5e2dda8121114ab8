import { readFileSync } from "node:fs";
import protobuf from "protobufjs";

/** A call of etcd's API: where it is, and how its questions and answers look on the wire. */
export interface Method<Q, A> {
  readonly path: string;
  readonly encode: (question: Q) => Uint8Array;
  readonly decode: (bytes: Uint8Array) => A;
}

/** A 64-bit number in decimal digits: JavaScript's numbers end at 53 bits. */
export type Int64 = string;

export interface Header {
  readonly clusterId: Int64;
  readonly revision: Int64;
}

export interface KeyValue {
  readonly key: Buffer;
  readonly value: Buffer;
  readonly createRevision: Int64;
  readonly modRevision: Int64;
}

/** One step of a transaction. */
export type Operation =
  | { readonly requestRange: { readonly key: Buffer; readonly rangeEnd?: Buffer } }
  | { readonly requestPut: { readonly key: Buffer; readonly value: Buffer } }
  | { readonly requestDeleteRange: { readonly key: Buffer } };

/** `result` 0: equal; `target` 1: the revision that made the key, 2: the one that changed it last. */
export type Compare =
  | { readonly result: 0; readonly target: 1; readonly key: Buffer; readonly createRevision: Int64 }
  | { readonly result: 0; readonly target: 2; readonly key: Buffer; readonly modRevision: number };

export interface TxnRequest {
  readonly compare: readonly Compare[];
  readonly success: readonly Operation[];
  readonly failure: readonly Operation[];
}

export interface TxnResponse {
  readonly header: Header;
  readonly succeeded: boolean;
  /** One an operation; `null` for those that read nothing. */
  readonly responses: readonly { readonly responseRange?: { readonly kvs: readonly KeyValue[] } | null }[];
}

export type WatchRequest =
  | { readonly createRequest: { readonly key: Buffer; readonly rangeEnd: Buffer } }
  | { readonly progressRequest: Record<string, never> };

export interface WatchResponse {
  readonly created: boolean;
  readonly canceled: boolean;
  readonly cancelReason: string;
  readonly events: readonly { readonly kv: KeyValue }[];
}

const PACKAGE = "etcdserverpb";
const api = protobuf.parse(readFileSync(new URL("etcd.proto", import.meta.url), "utf8")).root;

function method<Q, A>(service: string, name: string): Method<Q, A> {
  const { requestType, responseType } = api.lookupService(`${PACKAGE}.${service}`).methods[name] as protobuf.Method;
  const question = api.lookupType(`${PACKAGE}.${requestType}`);
  const answer = api.lookupType(`${PACKAGE}.${responseType}`);
  return {
    path: `/${PACKAGE}.${service}/${name}`,
    encode: (asked) => question.encode(question.fromObject(asked as object)).finish(),
    decode: (bytes) => answer.toObject(answer.decode(bytes), { longs: String, defaults: true, arrays: true }) as A,
  };
}

/** Reads and changes keys, all at one revision. */
export const txn: Method<TxnRequest, TxnResponse> = method("KV", "Txn");

/** Tells of changes as they happen. */
export const watch: Method<WatchRequest, WatchResponse> = method("Watch", "Watch");

/** `TTL` in seconds; etcd answers with the one that it grants. */
export const grantLease: Method<{ readonly TTL: number }, { readonly ID: Int64; readonly TTL: Int64 }> = method(
  "Lease",
  "LeaseGrant",
);

export const revokeLease: Method<{ readonly ID: Int64 }, unknown> = method("Lease", "LeaseRevoke");

export const authenticate: Method<{ readonly name: string; readonly password: string }, { readonly token: string }> =
  method("Auth", "Authenticate");

export const status: Method<Record<string, never>, { readonly version: string }> = method("Maintenance", "Status");
