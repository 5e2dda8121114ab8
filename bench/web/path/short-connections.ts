import { connect } from "node:net";
import type { Address } from "../../../src/config/config.ts";

/** How many connections a second so many clients make, each with one request, one after the other. */
export async function shortConnections(target: Address, clients: number, durationMs: number): Promise<number> {
  const startedMs = performance.now();
  const endAtMs = startedMs + durationMs;
  let made = 0;
  const client = async (): Promise<void> => {
    while (performance.now() < endAtMs) if (await once(target)) made += 1;
  };
  await Promise.all(Array.from({ length: clients }, client));
  return (made / (performance.now() - startedMs)) * 1000;
}

/** One connection, one answer; whether it came. The client ends it at once, so that no port of its own waits for stragglers. */
function once(target: Address): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ ...target, noDelay: true });
    socket.once("connect", () => socket.write(`GET / HTTP/1.1\r\nHost: bench\r\n\r\n`));
    socket.once("data", () => {
      resolve(true);
      socket.resetAndDestroy();
    });
    socket.once("error", () => resolve(false));
    socket.once("close", () => resolve(false));
  });
}
