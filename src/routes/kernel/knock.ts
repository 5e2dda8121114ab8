import { connect } from "node:net";
import type { Address } from "../../config/config.ts";

/** The first packet of a connection is out by then; a second one would come after a second. */
const OUT_MS = 300;

/**
 * Makes these clients say something. An ordinary attempt to connect goes out from the virtual address to each; the kernel's rules let it look
 * as if it came from the very port that the client is connected to, and a client that has a connection there answers by asserting it (RFC
 * 5961). That answer meets the rule that resets it. A client that knows nothing of such a connection refuses, which is as well.
 */
export function knock(from: string, clients: readonly Address[]): void {
  for (const { host, port } of clients) {
    const socket = connect({ host, port, localAddress: from });
    socket.on("error", () => undefined);
    socket.on("connect", () => socket.destroy());
    setTimeout(() => socket.destroy(), OUT_MS);
  }
}
