import { connect } from "node:net";
import type { Address } from "../../../src/config/config.ts";

const STREAMS = 4;
const READ = Buffer.allocUnsafeSlow(256 * 1024);

/** How many megabytes a second some clients receive that ask for one large file after the other. */
export async function bulkMegabytes(target: Address, path: string, durationMs: number): Promise<number> {
  let bytes = 0;
  const startedMs = performance.now();
  const endAtMs = startedMs + durationMs;
  const stream = (): Promise<void> =>
    new Promise((resolve) => {
      const callback = (count: number): boolean => {
        bytes += count;
        if (performance.now() >= endAtMs) socket.destroy();
        return true;
      };
      const socket = connect({ ...target, onread: { buffer: READ, callback } });
      socket.once("connect", () => socket.write(`GET ${path} HTTP/1.1\r\nHost: bench\r\nConnection: close\r\n\r\n`));
      socket.once("error", () => undefined);
      socket.once("close", () => resolve());
    });
  const client = async (): Promise<void> => {
    while (performance.now() < endAtMs) await stream();
  };
  await Promise.all(Array.from({ length: STREAMS }, client));
  return bytes / 1000 / (performance.now() - startedMs);
}
