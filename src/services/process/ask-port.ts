import { connect, type Socket } from "node:net";
import type { Address } from "../../config/config.ts";
import { lookupHost } from "../../host/host-names.ts";
import type { Clock } from "../../lib/clock.ts";
import type { ProbeResult } from "../service.ts";

/** Whether something takes a connection at `address`, asked for at most `deadlineMs`. Nothing is said on it. */
export function askPort({ host, port }: Address, deadlineMs: number, clock: Clock): Promise<ProbeResult> {
  return new Promise((resolve) => {
    const socket = connect({ host, port, lookup: lookupHost });
    const finish = (result: ProbeResult): void => {
      cancel();
      socket.destroy();
      resolve(result);
    };
    const cancel = clock.after(deadlineMs, () => finish("silent"));
    // Within one host a connection to a port that nobody listens at can meet itself.
    socket.once("connect", () => finish(isItself(socket) ? "refused" : "answered"));
    // What the network says of the way there says nothing about the process.
    socket.on("error", (error: NodeJS.ErrnoException) => finish(error.code === "ECONNREFUSED" ? "refused" : "silent"));
  });
}

function isItself({ localAddress, localPort, remoteAddress, remotePort }: Socket): boolean {
  return localPort === remotePort && localAddress === remoteAddress;
}
