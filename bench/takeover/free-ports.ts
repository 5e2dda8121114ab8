import { Failure } from "../../src/lib/failure.ts";
import { isFree } from "../../src/quickstart/ports.ts";

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
    if (!ports.has(port) && (await isFree({ host: "127.0.0.1", port }))) ports.add(port);
  }
  if (ports.size < count) throw new Failure(`Cannot find ${count} free ports between ${LOWEST} and ${HIGHEST}.`);
  return [...ports];
}
