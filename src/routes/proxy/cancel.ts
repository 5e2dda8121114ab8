import type { Socket } from "node:net";
import type { Address } from "../../config/config.ts";
import { dial } from "./dial.ts";
import { endGently } from "./end-gently.ts";

/** How long a member has to say, by closing, that it has handled the request. */
const HANDLED_MS = 1000;

/**
 * Hands a request to cancel on to every member that may have the connection it is about (those that do not
 * know its secret ignore it), and closes once they have handled it: that is how a client learns so.
 */
export function forwardCancel(client: Socket, request: Buffer, addresses: readonly Address[]): void {
  void Promise.all(addresses.map((address) => handOn(request, address))).then(() => endGently(client));
}

function handOn(request: Buffer, address: Address): Promise<void> {
  return new Promise((resolve) => {
    const upstream = dial(address, {
      connected() {
        upstream.on("error", () => undefined);
        upstream.once("close", () => resolve());
        upstream.once("end", () => upstream.destroy());
        upstream.setTimeout(HANDLED_MS, () => upstream.destroy());
        upstream.resume();
        upstream.write(request);
      },
      failed: () => resolve(),
    });
  });
}
