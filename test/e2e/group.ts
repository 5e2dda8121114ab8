import { asPostgres } from "../../src/config/as-postgres.ts";
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdir, mkdtemp, readFile, rm, writeFile, chmod } from "node:fs/promises";
import { createServer, type AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { loadConfig } from "../../src/config/load.ts";
import type { Config, GroupConfig } from "../../src/config/config.ts";
import { writingAddress } from "../../src/config/route-addresses.ts";
import { endProcessesIn } from "../../src/host/processes.ts";
import { Connection } from "../../src/quickstart/client/connection.ts";
import { withPassword } from "../../src/quickstart/client/password-file.ts";
import type { ClusterStatus } from "../../src/api/agent-port.ts";

const MAIN = fileURLToPath(new URL("../../src/cli/main.ts", import.meta.url));
const READY_MS = 60_000;
const LOOK_MS = 100;

/** A configuration that is run for real: `understudy up` in a directory of its own, with free ports. */
export class RunningGroup {
  readonly directory: string;
  readonly file: string;
  readonly config: Config;
  #up: ChildProcess | null = null;
  #said = "";

  private constructor(directory: string, file: string, config: Config) {
    this.directory = directory;
    this.file = file;
    this.config = config;
  }

  /** Puts `text` into a new directory, with all its ports replaced by free ones. */
  static async of(text: string): Promise<RunningGroup> {
    const directory = await mkdtemp(join(tmpdir(), "understudy-e2e-"));
    await chmod(directory, 0o711);
    const file = join(directory, "u.yaml");
    await writeFile(file, await withFreePorts(text));
    return new RunningGroup(directory, file, await loadConfig(file));
  }

  get group(): GroupConfig {
    const [group] = Object.values(this.config.groups);
    if (group === undefined) throw new Error("the configuration has no group");
    return group;
  }

  up(): void {
    const child = spawn(process.execPath, [MAIN, "up", "-c", this.file], { stdio: ["ignore", "pipe", "pipe"] });
    for (const stream of [child.stdout, child.stderr])
      stream.setEncoding("utf8").on("data", (text: string) => (this.#said += text));
    this.#up = child;
  }

  /** Ends everything as Ctrl-C does; resolves with the exit code. */
  async down(): Promise<number | null> {
    const up = this.#up;
    if (up === null) return null;
    this.#up = null;
    if (up.exitCode !== null) return up.exitCode;
    const ended = once(up, "exit");
    up.kill("SIGINT");
    await ended;
    return up.exitCode;
  }

  async command(...args: readonly string[]): Promise<{ code: number; stdout: string; stderr: string }> {
    const child = spawn(process.execPath, [MAIN, ...args, "-c", this.file], { stdio: ["ignore", "pipe", "pipe"] });
    let stdout = "";
    let stderr = "";
    child.stdout.on("data", (chunk: Buffer) => (stdout += chunk.toString()));
    child.stderr.on("data", (chunk: Buffer) => (stderr += chunk.toString()));
    const [code] = (await once(child, "close")) as [number | null];
    return { code: code ?? -1, stdout, stderr };
  }

  /** Hands over, to the best standby or to that one. Asked again for a while: the primary may not have heard yet that one is back. */
  async switchOver(...to: readonly string[]): Promise<void> {
    for (const endAtMs = performance.now() + READY_MS; ;) {
      const { code, stderr } = await this.command("switchover", ...to);
      if (code === 0) return;
      if (performance.now() > endAtMs) throw new Error(`not handed over within ${READY_MS} ms: ${stderr}`);
      await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
    }
  }

  async status(): Promise<ClusterStatus | null> {
    const { stdout } = await this.command("status", "--json");
    try {
      const answer = JSON.parse(stdout) as Partial<ClusterStatus>;
      return answer.groups === undefined ? null : (answer as ClusterStatus);
    } catch {
      return null;
    }
  }

  /** Waits until the status is as wished. */
  async until(what: (status: ClusterStatus) => boolean, withinMs: number = READY_MS): Promise<ClusterStatus> {
    const endAtMs = performance.now() + withinMs;
    for (;;) {
      const status = await this.status();
      if (status !== null && what(status)) return status;
      if (performance.now() > endAtMs)
        throw new Error(
          `not within ${withinMs} ms: ${JSON.stringify(status, null, 1)}\n${this.#said}\n${await this.logs()}`,
        );
      await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
    }
  }

  healthy(): Promise<ClusterStatus> {
    return this.until((status) => status.groups[0]?.state === "healthy");
  }

  /** The node's directory of a member. */
  of(member: string): string {
    return this.config.nodes[member]?.directory ?? "";
  }

  async postmasterOf(member: string): Promise<number> {
    const data = this.group.members[member]?.data ?? "";
    return Number((await readFile(join(data, "postmaster.pid"), "utf8")).split("\n")[0]);
  }

  /** A client of the proxy. */
  async connect(): Promise<Connection> {
    const address = writingAddress(this.group.routes);
    const [member] = Object.keys(this.group.members);
    if (address === null || member === undefined) throw new Error("the configuration has no route");
    const { database, user } = asPostgres(this.group.service);
    const where = { ...address, database, user };
    return Connection.open(
      await withPassword(where, join(this.of(member), this.group.group, "application.pgpass")),
      "e2e",
    );
  }

  async logs(): Promise<string> {
    const texts = await Promise.all(
      Object.keys(this.config.nodes).map((node) => readFile(join(this.of(node), "agent.log"), "utf8").catch(() => "")),
    );
    return texts.map((text) => text.split("\n").slice(-6).join("\n")).join("\n");
  }

  /** Nothing of it is left, whatever happened. */
  async remove(): Promise<void> {
    await this.down().catch(() => null);
    for (const { data } of Object.values(this.group.members)) await endProcessesIn(data, null, 5000);
    await rm(this.directory, { recursive: true, force: true });
  }
}

/** Replaces each port of 127.0.0.1 by a free one, the same by the same. */
async function withFreePorts(text: string): Promise<string> {
  const ports = [...new Set([...text.matchAll(/127\.0\.0\.1:(\d+)/g)].map((match) => match[1] ?? ""))];
  const free = await freePorts(ports.length);
  return text.replaceAll(/127\.0\.0\.1:(\d+)/g, (_, port: string) => `127.0.0.1:${free[ports.indexOf(port)]}`);
}

async function freePorts(count: number): Promise<readonly number[]> {
  const servers = Array.from({ length: count }, () => createServer().listen(0, "127.0.0.1"));
  await Promise.all(servers.map((server) => once(server, "listening")));
  const ports = servers.map((server) => (server.address() as AddressInfo).port);
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  return ports;
}

/** Makes a directory that the server's user can get at. */
export async function openDirectory(path: string): Promise<void> {
  await mkdir(path, { recursive: true, mode: 0o711 });
}
