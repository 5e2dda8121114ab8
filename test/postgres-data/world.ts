import { spawn } from "node:child_process";
import { once } from "node:events";
import { chmod, mkdtemp, open, readFile, rm, writeFile } from "node:fs/promises";
import { createServer, type AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Client } from "pg";
import { systemClock } from "../../src/agent/system-clock.ts";
import type { Address, PostgresConfig } from "../../src/config/config.ts";
import type { Fork } from "../../src/core/position.ts";
import { endProcessesIn } from "../../src/host/processes.ts";
import { identityOptions } from "../../src/host/account.ts";
import { accountFor } from "../../src/services/postgres/account.ts";
import { writeAutoConf } from "../../src/services/postgres/auto-conf.ts";
import type { DataContext, Source } from "../../src/services/postgres/context.ts";
import { readIdentity, writeIdentity } from "../../src/services/postgres/identity.ts";
import { libpqString } from "../../src/services/postgres/libpq-string.ts";
import { prepareMemberDirectory, serverLog, socketDirectory } from "../../src/services/postgres/member-directory.ts";
import { findPrograms } from "../../src/services/postgres/programs.ts";
import {
  ADMIN_ROLE,
  newSecrets,
  replicationPassfile,
  writeReplicationPassfile,
} from "../../src/services/postgres/secrets.ts";
import { serverOptions } from "../../src/services/postgres/settings.ts";

/** How long anything in these tests is waited for. */
const PATIENCE_MS = 10_000;

const CONFIG: PostgresConfig = {
  kind: "postgres",
  programs: null,
  runAs: null,
  database: "app",
  user: "app",
  clients: [],
  parameters: { shared_buffers: "16MB", max_connections: "20" },
};

/** A temporary place with members in it, all of one group. Everything that runs in it ends with it. */
export class World implements AsyncDisposable {
  readonly directory: string;
  readonly members: Readonly<Record<string, Address>>;
  readonly #contexts = new Map<string, DataContext>();
  readonly #secrets = newSecrets();

  private constructor(directory: string, members: Readonly<Record<string, Address>>) {
    this.directory = directory;
    this.members = members;
  }

  static async open(...names: readonly string[]): Promise<World> {
    const directory = await mkdtemp(join(tmpdir(), "understudy-data-"));
    await chmod(directory, 0o711);
    const addresses = await Promise.all(
      names.map(async (name) => [name, { host: "127.0.0.1", port: await freePort() }]),
    );
    const world = new World(directory, Object.fromEntries(addresses) as Record<string, Address>);
    const programs = await findPrograms(null);
    for (const member of names) {
      const data = join(directory, member, "data");
      world.#contexts.set(member, {
        config: CONFIG,
        group: "test",
        member,
        address: world.members[member] as Address,
        members: world.members,
        data,
        delayMs: 0,
        memberDirectory: join(directory, member, "own"),
        programs,
        account: await accountFor(null, data),
        secrets: world.#secrets,
        tls: null,
        clock: systemClock,
        signal: new AbortController().signal,
      });
    }
    return world;
  }

  of(member: string, signal?: AbortSignal): DataContext {
    const context = this.#contexts.get(member) as DataContext;
    return signal ? { ...context, signal } : context;
  }

  source(member: string): Source {
    return { member, ...(this.members[member] as Address) };
  }

  /** Starts a member's server by hand; it is ready when this resolves. */
  async start(member: string): Promise<void> {
    const context = this.of(member);
    await prepareMemberDirectory(context);
    const log = await open(serverLog(context.memberDirectory), "a", 0o600);
    const child = spawn(join(context.programs.directory, "postgres"), ["-D", context.data, ...serverOptions(context)], {
      ...identityOptions(context.account),
      cwd: context.data,
      env: { LC_ALL: "C" },
      stdio: ["ignore", log.fd, log.fd],
      detached: true,
    });
    child.unref();
    await log.close();
    await until(
      `the server of ${member} answers`,
      () =>
        this.sql(member, "SELECT 1").then(
          () => true,
          () => false,
        ),
      () => this.log(member),
    );
  }

  /** The same for one that has been promoted: it must not come back as a primary. */
  async startAsStandby(member: string): Promise<void> {
    await writeFile(join(this.of(member).data, "standby.signal"), "");
    await this.start(member);
  }

  async stop(member: string, signal: "SIGINT" | "SIGKILL" = "SIGINT"): Promise<void> {
    const { data } = this.of(member);
    if (signal === "SIGKILL") return endProcessesIn(data, null, PATIENCE_MS);
    const pid = Number((await readFile(join(data, "postmaster.pid"), "utf8")).split("\n")[0]);
    process.kill(pid, "SIGINT");
    await until(`the server of ${member} has stopped`, () =>
      readFile(join(data, "postmaster.pid")).then(
        () => false,
        () => true,
      ),
    );
  }

  /** As a superuser on the private socket; it never waits for a standby. */
  async sql(member: string, text: string, database = "postgres"): Promise<Record<string, unknown>[]> {
    const { memberDirectory, address } = this.of(member);
    return query({
      host: socketDirectory(memberDirectory),
      port: address.port,
      user: ADMIN_ROLE,
      password: this.#secrets.admin,
      database,
      text: `SET synchronous_commit = local; ${text}`,
    });
  }

  /** Promotes a member, with the fork in its identity first. */
  async beginTerm(member: string, term: number): Promise<void> {
    await this.setForks(member, [...(await this.forks(member)), { term, offset: await this.offset(member) }]);
    await this.sql(member, "SELECT pg_promote(true, 10)");
  }

  async setForks(member: string, forks: readonly Fork[]): Promise<void> {
    const { data, account } = this.of(member);
    const identity = await readIdentity(data);
    if (identity === null) throw new Error(`${member} has no identity`);
    await writeIdentity(data, { ...identity, forks }, account);
  }

  async forks(member: string): Promise<readonly Fork[]> {
    return (await readIdentity(this.of(member).data))?.forks ?? [];
  }

  /** Lets a stopped or running member receive from another. */
  async follow(member: string, from: string): Promise<void> {
    const context = this.of(member);
    const { memberDirectory, account, data } = context;
    await writeReplicationPassfile(memberDirectory, this.#secrets, this.of(from).address, account);
    const passfile = replicationPassfile(memberDirectory);
    const conninfo = `${libpqString(context, this.source(from), "test")} passfile='${passfile}'`;
    await writeAutoConf(data, { primary_conninfo: conninfo }, account);
    await this.sql(member, "SELECT pg_reload_conf()");
  }

  /** Resolves once `member` has replayed what `from` has written. */
  async caughtUp(member: string, from: string): Promise<void> {
    const [row] = await this.sql(from, "SELECT pg_current_wal_lsn() AS lsn");
    await until(
      `${member} has what ${from} has`,
      async () =>
        (await this.sql(member, `SELECT pg_last_wal_replay_lsn() >= '${String(row?.["lsn"])}' AS done`))[0]?.[
          "done"
        ] === true,
      () => this.log(member),
    );
  }

  async offset(member: string): Promise<number> {
    const lsn = "CASE WHEN pg_is_in_recovery() THEN pg_last_wal_replay_lsn() ELSE pg_current_wal_flush_lsn() END";
    return Number((await this.sql(member, `SELECT (${lsn}) - '0/0' AS bytes`))[0]?.["bytes"]);
  }

  async log(member: string): Promise<string> {
    return readFile(serverLog(this.of(member).memberDirectory), "utf8").catch(() => "");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const { data } of this.#contexts.values()) await endProcessesIn(data, null, PATIENCE_MS);
    await rm(this.directory, { recursive: true, force: true });
  }
}

/** What a statement gives on a new connection; the last one's rows when there are several. */
export async function query(login: {
  host: string;
  port: number;
  user: string;
  password: string;
  database: string;
  text: string;
}): Promise<Record<string, unknown>[]> {
  const { text, ...rest } = login;
  const client = new Client({ ...rest, connectionTimeoutMillis: 2000, query_timeout: PATIENCE_MS });
  client.on("error", () => undefined);
  try {
    await client.connect();
    const result = (await client.query(text)) as unknown as
      | { rows: Record<string, unknown>[] }
      | { rows: Record<string, unknown>[] }[];
    return (Array.isArray(result) ? result.at(-1) : result)?.rows ?? [];
  } finally {
    await client.end().catch(() => undefined);
  }
}

export async function until(
  what: string,
  holds: () => Promise<boolean>,
  tell: () => Promise<string> = async () => "",
): Promise<void> {
  const endAt = performance.now() + PATIENCE_MS;
  while (!(await holds())) {
    if (performance.now() > endAt) throw new Error(`it was not so within ${PATIENCE_MS} ms: ${what}\n${await tell()}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return port;
}
