import { fileURLToPath } from "node:url";
import type { MethodDefinition } from "@grpc/grpc-js";
import { loadSync } from "@grpc/proto-loader";

/** A call with one question and one answer. */
export type Method<Q, A> = MethodDefinition<Q, A>;

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

const api = loadSync(fileURLToPath(new URL("etcd.proto", import.meta.url)), {
  longs: String,
  defaults: true,
  arrays: true,
  oneofs: true,
});

function method<Q, A>(service: string, name: string): Method<Q, A> {
  return (api[`etcdserverpb.${service}`] as Readonly<Record<string, unknown>>)[name] as Method<Q, A>;
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
