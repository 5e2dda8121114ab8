import { chmod, mkdtemp, readFile, rm } from "node:fs/promises";
import { createServer, type AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Client } from "pg";
import { systemClock } from "../../src/agent/system-clock.ts";
import type { MemberConfig, PostgresConfig } from "../../src/config/config.ts";
import { commitRule, type CommitRule, type Copy } from "../../src/core/commit-rule.ts";
import type { Fork } from "../../src/core/position.ts";
import type { ServiceAction } from "../../src/core/service-action.ts";
import type { ServiceLook } from "../../src/core/service-look.ts";
import { timingOf } from "../../src/core/timing.ts";
import type { Credentials } from "../../src/credentials/credentials.ts";
import { endProcessesIn } from "../../src/host/processes.ts";
import { openPostgres, type Postgres } from "../../src/services/postgres/postgres.ts";
import { socketDirectory } from "../../src/services/postgres/member-directory.ts";
import { accountFor } from "../../src/services/postgres/account.ts";
import {
  ADMIN_ROLE,
  newSecrets,
  writeReplicationPassfile,
  type GroupSecrets,
} from "../../src/services/postgres/secrets.ts";

/** Members of one group, driven by hand through the service port: there is no agent, and no record. */
export class Trio implements AsyncDisposable {
  readonly directory: string;
  readonly members: Readonly<Record<string, MemberConfig>>;
  readonly parameters: Record<string, string> = { shared_buffers: "16MB", max_connections: "40" };
  readonly #secrets: GroupSecrets = newSecrets();
  readonly #open = new Map<string, Postgres>();
  dataId: string | null = null;
  /** For the drivers that are opened from now on. */
  tls: Credentials | null = null;

  private constructor(directory: string, members: Readonly<Record<string, MemberConfig>>) {
    this.directory = directory;
    this.members = members;
  }

  static async make(names: readonly string[]): Promise<Trio> {
    const directory = await mkdtemp(join(tmpdir(), "understudy-trio-"));
    await chmod(directory, 0o755);
    const members: Record<string, MemberConfig> = {};
    for (const member of names) {
      const address = { host: "127.0.0.1", port: await freePort() };
      const data = join(directory, member, "data");
      members[member] = { member, address, from: [address.host], priority: 1, follows: null, delayMs: 0, data };
    }
    return new Trio(directory, members);
  }

  /** The driver of a member; `again` opens another one, as a restarted agent would. */
  async member(name: string, again = false): Promise<Postgres> {
    const known = this.#open.get(name);
    if (known !== undefined && !again) return known;
    await known?.close();
    const member = this.members[name] as MemberConfig;
    const service = await openPostgres({
      group: "main",
      config: this.config(),
      member,
      members: this.members,
      memberDirectory: join(this.directory, name),
      secrets: this.#secrets,
      tls: this.tls,
      expectedDataId: () => this.dataId,
      clock: systemClock,
      timing: timingOf(2000),
    });
    this.#open.set(name, service);
    return service;
  }

  config(): PostgresConfig {
    return {
      kind: "postgres",
      programs: null,
      runAs: null,
      database: "app",
      user: "app",
      clients: [],
      parameters: this.parameters,
    };
  }

  async do(name: string, action: ServiceAction): Promise<number> {
    const beganAt = performance.now();
    await (await this.member(name)).perform(action, () => undefined);
    return performance.now() - beganAt;
  }

  async look(name: string): Promise<ServiceLook> {
    return (await this.member(name)).look();
  }

  /** Looks until `holds`, for at most `withinMs`. */
  async see(name: string, holds: (look: ServiceLook) => boolean, withinMs = 5000): Promise<ServiceLook> {
    const endAt = performance.now() + withinMs;
    for (;;) {
      const look = await this.look(name);
      if (holds(look)) return look;
      if (performance.now() > endAt) throw new Error(`not within ${withinMs} ms; ${name} is ${JSON.stringify(look)}`);
      await pause(2);
    }
  }

  /** The password with which `name` may receive from `from`, and from nobody else: what a `follow` begins with. */
  async givePassword(name: string, from: string): Promise<void> {
    const { address, data } = this.members[from] as MemberConfig;
    const account = await accountFor(null, data);
    await writeReplicationPassfile(join(this.directory, name), this.#secrets, address, account);
  }

  async copyOf(name: string): Promise<Copy> {
    return { member: name, incarnation: String((await this.look(name)).incarnation) };
  }

  async rule(need: number, ...names: string[]): Promise<CommitRule> {
    return commitRule(need, await Promise.all(names.map((name) => this.copyOf(name))));
  }

  /** A sealed member becomes primary of `term`; the history that it then has. */
  async promote(name: string, term: number, rule: CommitRule): Promise<readonly Fork[]> {
    const { position, forks: before } = await this.see(name, (look) => look.position !== null);
    if (position === null) throw new Error("no position");
    const forks = [...before.filter((fork) => fork.term <= position.term), { term, offset: position.offset }];
    await this.do(name, { do: "promote", term, forks, rule });
    return forks;
  }

  /** A client of the member, as the application. */
  async client(name: string): Promise<Client> {
    const { address } = this.members[name] as MemberConfig;
    const client = new Client({ ...address, user: "app", password: this.#secrets.application, database: "app" });
    client.on("error", () => undefined);
    await client.connect();
    return client;
  }

  get replicationPassword(): string {
    return this.#secrets.replication;
  }

  /** A client as the administrator, who comes in by the private socket alone. */
  async administrator(name: string): Promise<Client> {
    const { port } = (this.members[name] as MemberConfig).address;
    const host = socketDirectory(join(this.directory, name));
    const client = new Client({ host, port, user: ADMIN_ROLE, password: this.#secrets.admin, database: "postgres" });
    client.on("error", () => undefined);
    await client.connect();
    return client;
  }

  async postmaster(name: string): Promise<number> {
    return Number.parseInt(await readFile(join(this.dataOf(name), "postmaster.pid"), "utf8"), 10);
  }

  dataOf(name: string): string {
    return (this.members[name] as MemberConfig).data;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const name of Object.keys(this.members)) {
      await this.#open.get(name)?.close();
      await endProcessesIn(this.dataOf(name), null, 5000);
    }
    await rm(this.directory, { recursive: true, force: true });
  }
}

export async function pause(ms: number): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, ms));
}

/** Resolves with how long it took, or rejects after `withinMs`. */
export async function bellOf(service: Postgres, withinMs: number): Promise<number> {
  const beganAt = performance.now();
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`no bell within ${withinMs} ms`)), withinMs);
    service.onChange(() => {
      clearTimeout(timer);
      resolve(performance.now() - beganAt);
    });
  });
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}
