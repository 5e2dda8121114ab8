import { spawn, spawnSync, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Address } from "../../src/config/config.ts";
import { freePort, until } from "../proxy/world.ts";

/** Why there is no HAProxy to try; `false`: there is. */
export const noHaproxy: string | false = spawnSync("haproxy", ["-v"]).status === 0 ? false : "there is no haproxy here";

/** A real HAProxy with a backend `db` whose servers are given. */
export class RunningHaproxy {
  readonly at: Address;
  readonly socket: string;
  readonly #directory: string;
  #child: ChildProcess | null = null;

  private constructor(directory: string, at: Address, socket: string) {
    this.#directory = directory;
    this.at = at;
    this.socket = socket;
  }

  /** `servers` as lines of its configuration, each a name and what follows. It does not run yet. */
  static async configured(
    servers: readonly string[],
    { level = "admin", socket }: { level?: string; socket?: string } = {},
  ): Promise<RunningHaproxy> {
    const directory = await mkdtemp(join(tmpdir(), "understudy-haproxy-"));
    const haproxy = new RunningHaproxy(
      directory,
      { host: "127.0.0.1", port: await freePort() },
      socket ?? join(directory, "admin.sock"),
    );
    const lines = [
      "global",
      `  stats socket ${haproxy.socket} level ${level}`,
      "defaults",
      "  mode tcp",
      "  timeout connect 200ms",
      "  timeout client 1m",
      "  timeout server 1m",
      "  retries 150",
      "  option redispatch 1",
      "frontend clients",
      `  bind 127.0.0.1:${haproxy.at.port}`,
      "  default_backend db",
      "backend db",
      ...servers.map((server) => `  server ${server}`),
    ];
    await writeFile(haproxy.#file, `${lines.join("\n")}\n`);
    return haproxy;
  }

  /** One whose servers are these members, out of service at first. */
  static forMembers(
    members: Readonly<Record<string, Address>>,
    hold: string | null,
    socket?: string,
  ): Promise<RunningHaproxy> {
    const servers = Object.entries(members).map(([name, { host, port }]) => `${name} ${host}:${port} disabled`);
    return RunningHaproxy.configured(
      [...servers, ...(hold === null ? [] : [`${hold} 127.0.0.1:1`])],
      socket === undefined ? {} : { socket },
    );
  }

  async start(): Promise<void> {
    await rm(this.socket, { force: true });
    this.#child = spawn("haproxy", ["-f", this.#file], { stdio: "ignore" });
    await until(() => existsSync(this.socket), undefined, 15_000);
  }

  async kill(): Promise<void> {
    const child = this.#child;
    if (child === null) return;
    this.#child = null;
    child.kill("SIGKILL");
    await once(child, "exit");
  }

  async end(): Promise<void> {
    await this.kill();
    await rm(this.#directory, { recursive: true });
  }

  get #file(): string {
    return join(this.#directory, "haproxy.cfg");
  }
}
