import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { nodeArguments } from "../../src/host/node-arguments.ts";
import { processesOf } from "../../src/host/belonging.ts";
import { markOf } from "../../src/services/process/environment.ts";
import { SERVER } from "../process/world.ts";
import { Lan } from "./lan.ts";

const MAIN = fileURLToPath(new URL("../../src/cli/main.ts", import.meta.url));
const ASKER = fileURLToPath(new URL("asker.ts", import.meta.url));
const WITHIN_MS = 40_000;
export const LEASE_MS = 1000;

interface Heard {
  readonly atMs: number;
  readonly text: string;
}

/** A store, hosts `a`, `b` and so on with a cold process, and one with the proxy and a client that asks all the time. */
export class ProcessSite implements Disposable {
  readonly lan: Lan;
  readonly heard: Heard[] = [];
  readonly #nodes: readonly string[];
  readonly #more: string;
  readonly #route: "http" | "proxy";
  readonly #file: string;

  /** `more`: further settings of the group. */
  constructor(nodes: readonly string[], more = "", route: "http" | "proxy" = "proxy") {
    this.#route = route;
    this.#nodes = nodes;
    this.#more = more;
    this.lan = new Lan(["store", ...nodes, "client"]);
    this.#file = join(this.lan.run.directory, "site.yaml");
  }

  async start(): Promise<void> {
    const { address, directory } = this.lan.host("store");
    const url = `http://${address}:2379`;
    const args = ["--data-dir", join(directory, "etcd"), "--log-level", "error", "--listen-client-urls", url];
    this.lan.host("store").run("etcd", [...args, "--advertise-client-urls", url], { stdio: "ignore" });
    await writeFile(join(this.lan.run.directory, "heartbeat-key"), "0".repeat(64), { mode: 0o600 });
    await writeFile(this.#file, this.#text(`${address}:2379`));
    for (const node of this.#nodes) this.begin(node, "agent", "--node", node);
    this.begin("client", "proxy");
    const asker = this.lan
      .host("client")
      .run(process.execPath, ["--no-warnings", ASKER, `http://${this.lan.host("client").address}:8000/`], {
        stdio: ["pipe", "pipe", "inherit"],
      });
    if (asker.stdout !== null)
      createInterface({ input: asker.stdout }).on("line", (line) => this.heard.push(JSON.parse(line) as Heard));
  }

  begin(host: string, ...args: readonly string[]): void {
    this.lan.host(host).run(process.execPath, nodeArguments(MAIN, [...args, "-c", this.#file]), { stdio: "ignore" });
  }

  /** How many processes of a member's server there are, wherever. */
  running(member: string): number {
    const memberDirectory = join(this.lan.host(member).directory, "understudy", "web");
    const directory = join(memberDirectory, "work");
    return processesOf({ directory, mark: markOf({ group: "web", memberDirectory }) }).length;
  }

  async untilHeard(member: string): Promise<Heard> {
    const from = this.heard.length;
    for (const endAtMs = performance.now() + WITHIN_MS; performance.now() < endAtMs; await sleep(5)) {
      const found = this.heard.slice(from).find(({ text }) => text.startsWith(`${member} primary`));
      if (found !== undefined) return found;
    }
    throw new Error(`"${member}" has not answered within ${WITHIN_MS} ms`);
  }

  [Symbol.dispose](): void {
    this.lan.end();
  }

  #text(etcd: string): string {
    const node = (name: string): string =>
      `  ${name}: { directory: ${join(this.lan.host(name).directory, "understudy")}, heartbeat: "${this.lan.host(name).address}:7400" }`;
    const member = (name: string): string => `      ${name}: { address: "${this.lan.host(name).address}:8001" }`;
    return `cluster: site
store: { etcd: { endpoints: ["${etcd}"] } }
takeover: { lease: ${LEASE_MS}ms }
heartbeats: { key: ./heartbeat-key }
nodes:
${this.#nodes.map(node).join("\n")}
groups:
  web:
    service: { process: { command: ["${process.execPath}", "${SERVER}", children] } }
    members:
${this.#nodes.map(member).join("\n")}
${this.#more}
    routes:
      - ${this.#route}: { ${this.#route === "http" ? "listen" : "readWrite"}: "${this.lan.host("client").address}:8000" }
`;
  }
}
