import type { ChildProcess } from "node:child_process";
import { fileURLToPath } from "node:url";
import type { Target } from "../../src/quickstart/client/connection.ts";
import type { Lan } from "../../test/hosts/lan.ts";
import type { Witnessed } from "../client/overlap.ts";

const PROGRAM = fileURLToPath(new URL("local-witness-process.ts", import.meta.url));

/** A client on each member's host that writes to its own server: it sees a primary that is cut off from everybody else. */
export class LocalWitnesses {
  readonly writes: Witnessed[] = [];
  readonly #children: readonly ChildProcess[];

  constructor(lan: Lan, targets: Readonly<Record<string, Target>>) {
    this.#children = Object.entries(targets).map(([member, target]) => {
      const child = lan.host(member).run(process.execPath, ["--no-warnings", PROGRAM], {
        stdio: ["ignore", "ignore", "ignore", "ipc"],
      });
      child.on("message", (write) => this.writes.push(write as Witnessed));
      child.on("error", () => undefined);
      child.send({ [member]: target }, () => undefined);
      return child;
    });
  }

  /** Those whose host has lost power are gone already. */
  end(): void {
    for (const child of this.#children) child.kill("SIGKILL");
  }
}
