import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { closeSync, openSync } from "node:fs";
import { chmod, chown, mkdir, mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { freePorts } from "../../bench/takeover/free-ports.ts";
import type { Address, EtcdConfig } from "../../src/config/config.ts";

/** How a cluster is started. */
export interface EtcdOptions {
  /** Default 3. */
  readonly members?: number;
  /** Where the members listen for clients. Default: on ports that are free. */
  readonly clientPorts?: readonly number[];
  /** The server's certificate, its key, and the authority whose clients are let in; `null`: without TLS. */
  readonly tls?: { readonly ca: string; readonly cert: string; readonly key: string } | null;
  /** Default 300; the heartbeats come six times as often. */
  readonly electionMs?: number;
  /** As which user of the system the last member runs; its packets can be told by that. Default: as the others. */
  readonly lastAs?: number;
  /** More arguments for every member. */
  readonly args?: readonly string[];
}

/** One member of a cluster; it can be ended and started again. */
export interface EtcdMember {
  readonly name: string;
  readonly address: Address;
  /** Where the other members reach it. */
  readonly peerPort: number;
  readonly uid: number | undefined;
  process: ChildProcess;
}

/** Real etcd on loopback, with its data in a directory that goes with it. */
export class EtcdCluster {
  readonly members: readonly EtcdMember[];
  readonly #directory: string;
  readonly #argsOf: (name: string) => readonly string[];
  readonly #tls: EtcdOptions["tls"];

  private constructor(
    directory: string,
    members: readonly EtcdMember[],
    argsOf: (name: string) => readonly string[],
    tls: EtcdOptions["tls"],
  ) {
    this.#directory = directory;
    this.members = members;
    this.#argsOf = argsOf;
    this.#tls = tls;
  }

  /** Starts it and waits until it has a leader. */
  static async start({
    members: count = 3,
    clientPorts = [],
    tls = null,
    electionMs = 300,
    lastAs,
    args = [],
  }: EtcdOptions = {}): Promise<EtcdCluster> {
    const directory = await mkdtemp(join(tmpdir(), "understudy-etcd-"));
    const ports = [...clientPorts, ...(await freePorts(2 * count - clientPorts.length))];
    const names = Array.from({ length: count }, (_, i) => `m${i + 1}`);
    const peer = (i: number): string => `http://127.0.0.1:${ports[count + i]}`;
    const initial = names.map((name, i) => `${name}=${peer(i)}`).join(",");
    const scheme = tls === null ? "http" : "https";
    const argsOf = (name: string): readonly string[] => {
      const i = names.indexOf(name);
      const client = `${scheme}://127.0.0.1:${ports[i]}`;
      const secured = tls === null ? {} : { "cert-file": tls.cert, "key-file": tls.key, "trusted-ca-file": tls.ca };
      const settings = {
        name,
        "data-dir": join(directory, name),
        "initial-cluster": initial,
        "listen-client-urls": client,
        "advertise-client-urls": client,
        "listen-peer-urls": peer(i),
        "initial-advertise-peer-urls": peer(i),
        "heartbeat-interval": String(electionMs / 6),
        "election-timeout": String(electionMs),
        logger: "zap",
        "client-cert-auth": String(tls !== null),
        ...secured,
      };
      return [...Object.entries(settings).map(([flag, value]) => `--${flag}=${value}`), ...args];
    };
    const members = await Promise.all(
      names.map(async (name, i) => {
        const uid = i === count - 1 ? lastAs : undefined;
        if (uid !== undefined) await makeDataDirectory(directory, name, uid);
        const address = { host: "127.0.0.1", port: ports[i] as number };
        const process = run(directory, name, argsOf(name), uid);
        return { name, address, peerPort: ports[count + i] as number, uid, process };
      }),
    );
    const cluster = new EtcdCluster(directory, members, argsOf, tls);
    try {
      await cluster.#leader();
    } catch (error) {
      await cluster[Symbol.asyncDispose]();
      throw error;
    }
    return cluster;
  }

  /** The configuration of a store in it, below a prefix. */
  config(prefix: string, more: Partial<EtcdConfig> = {}): EtcdConfig {
    const endpoints = this.members.map(({ address }) => address);
    return { kind: "etcd", endpoints, prefix, tls: null, login: null, leaseMs: 1000, ...more };
  }

  /** The member that leads now. */
  async leader(): Promise<EtcdMember> {
    const found = await this.#leader();
    return found;
  }

  /** Starts a member again that was ended. */
  restart(member: EtcdMember): void {
    member.process = run(this.#directory, member.name, this.#argsOf(member.name), member.uid);
  }

  /** Ends a member for good, without a chance to say goodbye. */
  async kill(member: EtcdMember): Promise<void> {
    const ended = once(member.process, "exit");
    member.process.kill("SIGKILL");
    await ended;
  }

  /** Runs `etcdctl`'s counterpart: a call of etcd's gateway by its path, for what the store never does. */
  async call(path: string, body: object, headers: Readonly<Record<string, string>> = {}): Promise<unknown> {
    const [{ address } = { address: { host: "", port: 0 } }] = this.members.filter(isRunning);
    const response = await fetch(`http://${address.host}:${address.port}/v3/${path}`, {
      method: "POST",
      body: JSON.stringify(body),
      headers,
      signal: AbortSignal.timeout(3000),
    });
    if (!response.ok) throw new Error(`${path}: ${await response.text()}`);
    return response.json();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.members.filter(isRunning).map((member) => this.kill(member)));
    await rm(this.#directory, { recursive: true, force: true });
  }

  async #leader(): Promise<EtcdMember> {
    const endAt = performance.now() + 15_000;
    while (performance.now() < endAt) {
      for (const member of this.members) if (isRunning(member) && (await this.#leads(member))) return member;
      await new Promise((resolve) => setTimeout(resolve, 30));
    }
    const logs = await Promise.all(
      this.members.map(({ name }) => readFile(join(this.#directory, `${name}.log`), "utf8")),
    );
    throw new Error(`etcd has no leader: ${logs.map((log) => log.slice(-500)).join("\n")}`);
  }

  /** With TLS nobody is asked: a store waits for the leader by itself. */
  async #leads({ address }: EtcdMember): Promise<boolean> {
    if (this.#tls !== null) return true;
    const metrics = await fetch(`http://${address.host}:${address.port}/metrics`, { signal: AbortSignal.timeout(300) })
      .then((response) => response.text())
      .catch(() => "");
    return /^etcd_server_is_leader 1$/m.test(metrics);
  }
}

function isRunning({ process }: EtcdMember): boolean {
  return process.exitCode === null && process.signalCode === null;
}

async function makeDataDirectory(directory: string, name: string, uid: number): Promise<void> {
  const data = join(directory, name);
  await chmod(directory, 0o711);
  await mkdir(data, { mode: 0o700 });
  await chown(data, uid, uid);
}

function run(directory: string, name: string, args: readonly string[], uid: number | undefined): ChildProcess {
  const log = openSync(join(directory, `${name}.log`), "a");
  const child = spawn("etcd", args, { stdio: ["ignore", log, log], cwd: "/", ...(uid !== undefined && { uid }) });
  closeSync(log);
  return child;
}
