import type { Target } from "../../src/quickstart/client/connection.ts";
import { Witness } from "../client/witness.ts";

/* A client beside a server, which nobody can cut off from it. It is told which one, and tells each acknowledged write at once. */
process.on("disconnect", () => process.exit(0));
const witnesses: Witness[] = [];
process.on("message", (members: Readonly<Record<string, Target>>) => {
  witnesses.push(new Witness(members, (write) => process.send?.(write)));
});
