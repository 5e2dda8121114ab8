import assert from "node:assert/strict";
import { once } from "node:events";
import { createWriteStream, readFileSync } from "node:fs";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import type { ClusterStatus } from "../../src/api/agent-port.ts";
import { nodeArguments } from "../../src/host/node-arguments.ts";
import { Lan } from "./lan.ts";

const MAIN = fileURLToPath(new URL("../../src/cli/main.ts", import.meta.url));
const EXAMPLE = new URL("../../examples/hosts.yaml", import.meta.url);
const ETCD_PORT = 2379;
const LOOK_MS = 200;

export interface Said {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Hosts that become a cluster one by one, each with a configuration of its own; etcd is on one that has no part in it. */
export class JoiningCluster implements Disposable {
  readonly lan: Lan;

  private constructor(lan: Lan) {
    this.lan = lan;
  }

  /** Makes the hosts and starts etcd on the one called "store". */
  static async start(hosts: readonly string[]): Promise<JoiningCluster> {
    const lan = new Lan(["store", ...hosts]);
    const { address, directory } = lan.host("store");
    const client = `http://${address}:${ETCD_PORT}`;
    const args = ["--data-dir", join(directory, "etcd"), "--log-level", "error", "--listen-client-urls", client];
    lan.host("store").run("etcd", [...args, "--advertise-client-urls", client], { stdio: "ignore" });
    return new JoiningCluster(lan);
  }

  file(host: string): string {
    return join(this.lan.host(host).directory, "u.yaml");
  }

  /** The first host's configuration, that of the example: two members, of which the other one is still to come. */
  async found(first: string, second: string): Promise<void> {
    const text = await readFile(EXAMPLE, "utf8");
    const etcd = `endpoints: ["${this.lan.host("store").address}:${ETCD_PORT}"]`;
    const ours = text
      .replace(/endpoints: .*/, etcd)
      .replaceAll("10.0.0.1:", `${this.lan.host(first).address}:`)
      .replaceAll("10.0.0.2:", `${this.lan.host(second).address}:`);
    await writeFile(this.file(first), ours);
  }

  /** Starts a command that goes on; its output goes to a file beside the host's directory. */
  begin(host: string, ...args: readonly string[]): void {
    const child = this.lan.host(host).run(process.execPath, nodeArguments(MAIN, [...args, "-c", this.file(host)]), {
      stdio: ["ignore", "pipe", "pipe"],
    });
    const log = createWriteStream(this.#log(host), { flags: "a" });
    child.stdout?.pipe(log, { end: false });
    child.stderr?.pipe(log, { end: false });
  }

  /** What the commands of a host that go on have said. */
  said(host: string): string {
    return readFileSync(this.#log(host), "utf8");
  }

  async untilSaid(host: string, text: string, withinMs = 30_000): Promise<void> {
    for (let leftMs = withinMs; !this.said(host).includes(text); leftMs -= LOOK_MS) {
      assert.ok(leftMs > 0, `"${host}" has not said "${text}" within ${withinMs} ms:\n${this.said(host)}`);
      await sleep(LOOK_MS);
    }
  }

  async command(host: string, ...args: readonly string[]): Promise<Said> {
    const child = this.lan.host(host).run(process.execPath, nodeArguments(MAIN, [...args, "-c", this.file(host)]), {
      stdio: ["ignore", "pipe", "pipe"],
    });
    let stdout = "";
    let stderr = "";
    child.stdout?.on("data", (chunk: Buffer) => (stdout += chunk.toString()));
    child.stderr?.on("data", (chunk: Buffer) => (stderr += chunk.toString()));
    const [code] = (await once(child, "close")) as [number | null];
    return { code, stdout, stderr };
  }

  async status(host: string, ...args: readonly string[]): Promise<ClusterStatus | null> {
    const { stdout } = await this.command(host, "status", "--json", ...args);
    try {
      const status = JSON.parse(stdout) as Partial<ClusterStatus>;
      return status.groups === undefined ? null : (status as ClusterStatus);
    } catch {
      return null;
    }
  }

  /** Waits until the status, as `host` sees it, is as wished. */
  async until(
    host: string,
    what: (group: ClusterStatus["groups"][number]) => boolean,
    withinMs = 60_000,
  ): Promise<ClusterStatus["groups"][number]> {
    const endAtMs = performance.now() + withinMs;
    for (;;) {
      const status = await this.status(host);
      const group = status?.groups[0];
      if (group !== undefined && what(group)) return group;
      assert.ok(
        performance.now() < endAtMs,
        `not within ${withinMs} ms: ${JSON.stringify(status, null, 1)}\n${this.said(host)}`,
      );
      await sleep(LOOK_MS);
    }
  }

  [Symbol.dispose](): void {
    this.lan.end();
  }

  #log(host: string): string {
    return join(this.lan.run.directory, `${host}.log`);
  }
}
