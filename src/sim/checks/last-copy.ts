import { beginsWith } from "../wal.ts";
import type { MakeCheck } from "./check.ts";

/** Rule 10. */
export const lastCopy: MakeCheck = (world) => ({
  proves: "the last copy of an acknowledged write is never replaced",
  destroys(server) {
    if (!world.isLossless || !beginsWith(server.disk.log, world.history.promised.log)) return;
    const others = world.servers.filter((other) => other !== server && other.disk.state === "whole");
    if (!others.some((other) => beginsWith(other.disk.log, world.history.promised.log)))
      world.violated(this, `the data of "${server.member}" is replaced, and nobody else has all that was acknowledged`);
  },
});
