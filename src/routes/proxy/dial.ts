import { connect, type Socket } from "node:net";
import type { Address } from "../../config/config.ts";
import { lookupHost } from "../../host/host-names.ts";

/** How long a member's host has to take a connection. */
export const DIAL_MS = 300;
/** A lost host is noticed on quiet connections after that and ten probes. */
export const KEEP_ALIVE_MS = 30_000;

/** What becomes of an attempt: exactly one of them is called, unless the socket is destroyed before. */
export interface Dialled {
  readonly connected: () => void;
  readonly failed: (because: string) => void;
}

/** Connects to a member within {@link DIAL_MS}. */
export function dial(address: Address, then: Dialled): Socket {
  const socket = connect({
    host: address.host,
    lookup: lookupHost,
    port: address.port,
    allowHalfOpen: true,
    noDelay: true,
    keepAlive: true,
    keepAliveInitialDelay: KEEP_ALIVE_MS,
  });
  const fail = (because: string): void => {
    clearTimeout(timer);
    socket.removeAllListeners();
    socket.on("error", () => undefined);
    socket.destroy();
    then.failed(because);
  };
  const failed = (error: Error): void => fail(error.message);
  const timer = setTimeout(() => {
    if (!socket.destroyed) fail(`no answer within ${DIAL_MS} ms`);
  }, DIAL_MS);
  socket.once("error", failed);
  socket.once("connect", () => {
    clearTimeout(timer);
    socket.removeListener("error", failed);
    then.connected();
  });
  return socket;
}
