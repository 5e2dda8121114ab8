import type { Address } from "./config.ts";

/** A proxy for web servers, of the configuration: durations in milliseconds, paths absolute. */
export interface HttpRouteConfig {
  readonly kind: "http";
  readonly name: string;
  readonly listen: Address;
  /** Certificates with their chains, and their keys; none: clients speak no TLS. */
  readonly certificates: readonly { readonly cert: string; readonly key: string }[];
  readonly balance: "two" | "least" | "round-robin" | "client";
  /** The name of a cookie that binds a client to its server; `null`: none. */
  readonly sticky: string | null;
  /** How long a request waits while nobody can serve it. */
  /** How many share the port. */
  readonly processes: number;
  readonly holdMs: number;
  /** Proxies in front, whose word about their clients is believed: addresses and networks. */
  readonly trusted: readonly string[];
  /** Whether these begin each connection with a PROXY header. */
  readonly proxyProtocol: boolean;
  /** A file that gets a line for each request; `null`: none. */
  readonly accessLog: string | null;
  /** Which requests go to other groups; the first one that a request meets counts. */
  readonly rules: readonly { readonly host: string | null; readonly path: string | null; readonly group: string }[];
}

/** Servers that nobody of us runs. */
export interface ExternalConfig {
  readonly kind: "external";
  /** `host:port`, with a weight behind `=`. */
  readonly servers: readonly string[];
  /** The same, for when none of `servers` can serve. */
  readonly standbys: readonly string[];
}
