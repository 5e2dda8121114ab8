import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { nodeArguments } from "../../src/host/node-arguments.ts";
import type { Target } from "../../src/quickstart/client/connection.ts";
import { withPassword } from "../../src/quickstart/client/password-file.ts";
import type { Lan } from "../../test/hosts/lan.ts";
import type { Mode } from "../takeover/cluster-place.ts";
import type { Supervised } from "../takeover/supervised.ts";
import type { Deployment } from "./deployment.ts";
import type { Observed } from "./observer-messages.ts";
import { CLIENT, GROUP, makePlace, MEMBERS, type HostsPlace } from "./place.ts";
import { unitOn } from "./unit.ts";

const MAIN = fileURLToPath(new URL("../../src/cli/main.ts", import.meta.url));

/** Our own agents and proxy. */
export class OurDeployment implements Deployment {
  readonly members: readonly string[];
  readonly observed: Observed;
  readonly #lan: Lan;
  readonly #place: HostsPlace;

  constructor(lan: Lan, mode: Mode, lease: string, members: readonly string[] = MEMBERS) {
    this.members = members;
    this.#lan = lan;
    this.#place = makePlace(lan, mode, lease, members);
    this.observed = { kind: "ours", file: this.#place.file, group: GROUP };
  }

  agentOn(member: string): Supervised {
    return this.#program(member, `agent-${member}`, ["agent", "--node", member]);
  }

  proxy(): Supervised {
    return this.#program(CLIENT, "proxy", ["proxy"]);
  }

  login(host: string, port: number): Promise<Target> {
    const file = join(this.#place.directories[MEMBERS[0]] ?? "", GROUP, "application.pgpass");
    return withPassword({ host, port, user: "app", database: "app" }, file);
  }

  #program(host: string, name: string, args: readonly string[]): Supervised {
    const all = nodeArguments(MAIN, [...args, "--config", this.#place.file]);
    return unitOn(this.#lan.host(host), join(this.#lan.run.directory, `${name}.log`), process.execPath, all);
  }
}
