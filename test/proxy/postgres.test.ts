import assert from "node:assert/strict";
import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { test, type TestContext } from "node:test";
import { promisify } from "node:util";
import { Client, type DatabaseError } from "pg";
import type { Address } from "../../src/config/config.ts";
import type { Proxy } from "../../src/routes/proxy/proxy.ts";
import type { RouteView } from "../../src/routes/route.ts";
import { startPostgres, type RealPostgres } from "./real-postgres.ts";
import { startProxy, steady, until, vacant } from "./world.ts";

const run = promisify(execFile);
const options = { timeout: 60_000 };
const draining = { ...steady, switchover: "draining" as const };
const programs = ["18", "17", "16", "15", "14", "13"]
  .map((version) => `/usr/lib/postgresql/${version}/bin`)
  .find((path) => existsSync(`${path}/initdb`));

test("the proxy in front of a real PostgreSQL", options, async (t) => {
  assert.ok(programs, "PostgreSQL's programs are needed for this test");
  const server = await startPostgres(t, programs);
  const { proxy, readWrite } = await startProxy(t, { a: server.address }, { holdMs: 10_000 });
  proxy.follow(steady);
  await t.test("psql works through it, also when it had to wait", () => waits(proxy, readWrite));
  await t.test("connections without work are closed by a switchover, whatever they did before", () =>
    drains(proxy, readWrite),
  );
  await t.test("a transaction is finished first", () => finishes(proxy, readWrite));
  await t.test("a statement is cancelled", () => cancels(readWrite));
  await t.test("clients wait out a restart", () => waitsOutRestart(server, readWrite));
  await t.test("no client is refused, and no statement lost, over many switchovers", (t) =>
    manySwitchovers(t, proxy, readWrite),
  );
});

async function waits(proxy: Proxy, at: Address): Promise<void> {
  proxy.follow(vacant);
  const answers = [psql(at, "select 40 + 2"), psql(at, "select 40 + 3", { PGSSLMODE: "disable" })];
  await until(() => proxy.status.readWrite.held === 2);
  proxy.follow(steady);
  assert.deepEqual(await Promise.all(answers), ["42", "43"]);
}

async function drains(proxy: Proxy, at: Address): Promise<void> {
  const works: readonly ((client: Client) => Promise<unknown>)[] = [
    (client) => client.query("select 1"),
    (client) => client.query("select $1::int", [1]),
    (client) => client.query({ name: "again", text: "select $1::int", values: [2] }),
    (client) => client.query("select * from generate_series(1, 20000)"),
    (client) => client.query("listen news; notify news, 'x'"),
    (client) => client.query("do $$ begin raise notice 'x'; end $$"),
    (client) => client.query("select 1/0").catch(() => undefined),
    (client) => client.query("selct $1", [1]).catch(() => undefined),
    (client) => client.query("begin; select 1; rollback"),
    () => psql(at, "\\copy (select 1) to stdout"),
  ];
  for (const work of works) {
    const client = await connected(at);
    await work(client);
    const error = once(client, "error") as Promise<[DatabaseError]>;
    proxy.follow(draining);
    assert.equal((await error)[0].code, "57P01");
    proxy.follow(steady);
  }
  assert.ok(proxy.status.readWrite.counters.drained >= works.length);
}

async function finishes(proxy: Proxy, at: Address): Promise<void> {
  const client = await connected(at);
  await client.query("create table if not exists kept (id bigint primary key)");
  await client.query("begin");
  await client.query("insert into kept values (-1)");
  proxy.follow(draining);
  await client.query("insert into kept values (-2)");
  const ended = once(client, "error") as Promise<[DatabaseError]>;
  await client.query("commit");
  assert.equal((await ended)[0].code, "57P01");
  proxy.follow(steady);
  assert.equal(await psql(at, "select count(*) from kept where id < 0"), "2");
}

async function cancels(at: Address): Promise<void> {
  const child = spawn("psql", [uri(at), "-Atc", "select pg_sleep(20)"], { stdio: ["ignore", "ignore", "pipe"] });
  let said = "";
  child.stderr.on("data", (chunk: Buffer) => (said += chunk.toString()));
  await new Promise((resolve) => setTimeout(resolve, 400));
  child.kill("SIGINT");
  await until(() => child.exitCode !== null);
  assert.match(said, /canceling statement due to user request/);
}

async function waitsOutRestart(server: RealPostgres, at: Address): Promise<void> {
  await server.kill();
  const answer = psql(at, "select 7");
  await new Promise((resolve) => setTimeout(resolve, 100));
  await server.start();
  assert.equal(await answer, "7");
}

/** Workers that write for as long as the primary changes again and again; they reconnect at once. */
async function manySwitchovers(t: TestContext, proxy: Proxy, at: Address): Promise<void> {
  const stop = new AbortController();
  const acknowledged: number[] = [];
  const problems: string[] = [];
  const worker = async (number: number): Promise<void> => {
    for (let id = number * 1_000_000; !stop.signal.aborted;) {
      const client = new Client(uri(at));
      client.on("error", () => undefined);
      await client.connect().catch((error: Error) => problems.push(`connect: ${error.message}`));
      while (!stop.signal.aborted) {
        id += 1;
        const isWritten = await client.query("insert into kept values ($1)", [id]).then(
          () => true,
          (error: Error) =>
            !/planned switchover|Connection terminated|not queryable|closed/.test(error.message) &&
            problems.push(error.message),
        );
        if (isWritten !== true) break;
        acknowledged.push(id);
      }
      await client.end().catch(() => undefined);
    }
  };
  const workers = [1, 2, 3, 4].map(worker);
  for (let term = 1; term <= 20; term++) {
    const now: RouteView = { ...steady, term };
    proxy.follow(now);
    // Each term is one in which something was written, however slow the machine is.
    const before = acknowledged.length;
    await until(() => acknowledged.length > before);
    await new Promise((resolve) => setTimeout(resolve, 40));
    proxy.follow({ ...now, switchover: "draining" });
    await until(() => proxy.status.readWrite.connections === proxy.status.readWrite.held);
    proxy.follow({ ...now, primary: null, open: false, switchover: "handed-over" });
  }
  proxy.follow({ ...steady, term: 21 });
  stop.abort();
  await Promise.all(workers);
  assert.deepEqual(problems, []);
  const kept = (await psql(at, "select id from kept where id > 0 order by id")).split("\n").map(Number);
  t.diagnostic(`${acknowledged.length} acknowledged over 20 switchovers`);
  assert.deepEqual(
    kept,
    acknowledged.toSorted((a, b) => a - b),
  );
}

async function connected(at: Address): Promise<Client> {
  const client = new Client(uri(at));
  // A driver tells of the server's last word and of the end of the connection.
  client.on("error", () => undefined);
  await client.connect();
  return client;
}

async function psql(at: Address, command: string, env: Record<string, string> = {}): Promise<string> {
  const { stdout } = await run("psql", [uri(at), "-XAtc", command], { env: { ...process.env, ...env } });
  return stdout.trim();
}

function uri({ host, port }: Address): string {
  return `postgres://tester@${host}:${port}/postgres`;
}
