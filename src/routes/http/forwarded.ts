import { type BlockList, isIP } from "node:net";
import type { Fields } from "./fields.ts";
import type { RequestHead } from "./request-head.ts";

/** Where requests come from. */
export interface Origin {
  readonly address: string;
  /** Where they have arrived. */
  readonly localAddress: string;
  readonly proto: "http" | "https";
  /** Whether it is a proxy, whose word about its clients is believed. */
  readonly isTrusted: boolean;
}

/** Whether `address` is in one of the networks. */
export function isIn(networks: BlockList | null, address: string): boolean {
  const version = isIP(address);
  return version !== 0 && networks?.check(address, version === 6 ? "ipv6" : "ipv4") === true;
}

/** An IPv4 address as such, also where the socket speaks IPv6. */
export function plainAddress(address: string | undefined): string {
  return address?.replace(/^::ffff:/, "") ?? "unknown";
}

/** The head of a request as servers get it, with who asks, and how. */
export function requestText(head: RequestHead, origin: Origin, requestId: string, via: string): string {
  const { method, target, host, kept, isUpgrade, fields } = head;
  const name = host === "" ? `Host: ${origin.localAddress}\r\n` : "";
  const id = fields.requestId === "" ? `X-Request-Id: ${requestId}\r\n` : "";
  const upgrade = isUpgrade ? "Connection: Upgrade\r\nUpgrade: websocket\r\n" : "";
  return `${method} ${target} HTTP/1.1\r\n${name}${kept}${forwarded(fields, host, origin)}${id}Via: 1.1 ${via}\r\n${upgrade}\r\n`;
}

/** With what a proxy in front says of it, if that is believed. */
function forwarded({ forwardedFor, forwardedHost, forwardedProto }: Fields, host: string, origin: Origin): string {
  let [by, at, proto]: readonly string[] = [origin.address, host, origin.proto];
  if (origin.isTrusted && forwardedFor !== "") by = `${forwardedFor}, ${by}`;
  if (origin.isTrusted) [at, proto] = [forwardedHost || at, forwardedProto || proto];
  return `X-Forwarded-For: ${by}\r\nX-Forwarded-Proto: ${proto}\r\nX-Forwarded-Host: ${at}\r\n`;
}
