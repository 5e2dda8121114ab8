import { connect } from "node:net";
import type { Address } from "../config/config.ts";
import type { Clock } from "../lib/clock.ts";
import type { Check, CheckResult } from "./check.ts";

/** Whether `address` accepts a connection. */
export function tcpCheck(address: Address, clock: Clock): Check {
  let cutOff = (): void => undefined;
  return {
    run(deadlineMs) {
      const startedMs = clock.nowMs();
      return new Promise<CheckResult>((resolve) => {
        const socket = connect({ host: address.host, port: address.port });
        const settle = (ok: boolean, text: string): void => {
          cancel();
          socket.destroy();
          resolve({ ok, text, tookMs: clock.nowMs() - startedMs });
        };
        const cancel = clock.after(deadlineMs, () => settle(false, `no connection in ${deadlineMs} ms`));
        cutOff = () => settle(false, "the check was ended");
        socket.once("connect", () => settle(true, "accepted a connection"));
        socket.on("error", (error) => settle(false, error.message));
      });
    },
    close: () => cutOff(),
  };
}
