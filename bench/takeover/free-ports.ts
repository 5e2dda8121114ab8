import { createServer } from "node:net";
import { Failure } from "../../src/lib/failure.ts";

/**
 * Below the range from which the kernel takes the ports of outgoing connections: otherwise a client that
 * reconnects could take the port of a member that is down.
 */
const LOWEST = 15_000;
const HIGHEST = 32_000;

/** `count` different ports of 127.0.0.1 on which nothing listens at this moment. */
export async function freePorts(count: number): Promise<readonly number[]> {
  const ports = new Set<number>();
  for (let tries = 0; ports.size < count && tries < 1000; tries += 1) {
    const port = LOWEST + Math.floor(Math.random() * (HIGHEST - LOWEST));
    if (!ports.has(port) && (await isFree(port))) ports.add(port);
  }
  if (ports.size < count) throw new Failure(`Cannot find ${count} free ports between ${LOWEST} and ${HIGHEST}.`);
  return [...ports];
}

/** Whether one can listen on the port of 127.0.0.1. */
export function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once("error", () => resolve(false));
    server.listen(port, "127.0.0.1", () => server.close(() => resolve(true)));
  });
}
