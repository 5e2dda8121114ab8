import type { Cancel } from "../../lib/clock.ts";
import { messageOf, UserError } from "../../lib/failure.ts";
import type { HttpProxy } from "./http-proxy.ts";

/** SIGHUP makes `proxy` read its certificates anew and open its access log anew, until this is cancelled. */
export function reloadBySignal(proxy: HttpProxy, log: (text: string) => void): Cancel {
  const reload = (): void => void reloaded(proxy, log);
  process.on("SIGHUP", reload);
  return () => process.off("SIGHUP", reload);
}

async function reloaded(proxy: HttpProxy, log: (text: string) => void): Promise<void> {
  try {
    await proxy.reload();
    log("SIGHUP: certificates and access log are as their files are now");
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    log(`SIGHUP: ${messageOf(error)}. The certificates stay as they were`);
  }
}
