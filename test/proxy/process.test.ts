import assert from "node:assert/strict";
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, stat } from "node:fs/promises";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { fileURLToPath } from "node:url";
import type { Address, Config } from "../../src/config/config.ts";
import { ALONE } from "../../src/core/commit-rule.ts";
import { keys } from "../../src/core/keys.ts";
import { founded, openTerm, take, vacate, type GroupRecord } from "../../src/core/record.ts";
import { statusSocketPath } from "../../src/routes/proxy/status-socket.ts";
import type { ProxyStatus } from "../../src/routes/proxy/proxy.ts";
import { openStore } from "../../src/store/open-store.ts";
import { queryMessage, STARTUP, toyPostgres } from "./toy-postgres.ts";
import { Client, freePort, startToy, until } from "./world.ts";

const PROGRAM = fileURLToPath(new URL("../routes/route-program.ts", import.meta.url));
const options = { timeout: 20_000 };
const copy = { member: "a", incarnation: "1" };
const zero = { term: 0, offset: 0 };
const vacant = founded("db", ["a"], copy, zero, [], "id", "test");
const opened = openTerm(take(vacant, copy, "s", zero, [], ALONE, "test"), "test");

test("a proxy of its own follows the record that another process writes", options, async (t) => {
  const toy = await startToy(t, toyPostgres("a"));
  const { at, write, child } = await startProcess(t, toy.address);
  await write(vacant);
  const tookMs: number[] = [];
  let record = opened;
  for (let i = 0; i < 10; i++) {
    const held = new Client(at);
    held.socket.write(STARTUP);
    await new Promise((resolve) => setTimeout(resolve, 30));
    assert.equal(held.text, "");
    await write(record);
    const writtenAtMs = performance.now();
    await held.hears(/name\0a/);
    tookMs.push(performance.now() - writtenAtMs);
    record = vacate(record, null, "test");
    await write(record);
    await until(() => held.hasEnded);
    record = openTerm(take(record, copy, "s", zero, [], ALONE, "test"), "test");
  }
  t.diagnostic(`from the record to a served client: ${tookMs.map((ms) => ms.toFixed(1)).join(", ")} ms`);
  assert.equal(child.exitCode, null);
});

test("it tells its status to its own user, and ends by SIGTERM when work is done", options, async (t) => {
  const toy = await startToy(t, toyPostgres("a"));
  const { at, write, child, directory } = await startProcess(t, toy.address);
  await write(opened);
  const client = new Client(at);
  await client.ask(STARTUP, /name\0a/);
  await client.ask(queryMessage("begin"), /begin/);
  const path = statusSocketPath(directory, "db", "main");
  assert.equal((await stat(path)).mode & 0o777, 0o600);
  const status = await statusAt(path);
  assert.equal(status.pid, child.pid);
  assert.equal(status.view.primary, "a");
  assert.deepEqual(status.readWrite.byMember, { a: 1 });
  child.kill("SIGTERM");
  await new Promise((resolve) => setTimeout(resolve, 100));
  assert.equal(child.exitCode, null);
  await client.ask(queryMessage("work"), /work\0.*57P01/s);
  await until(() => child.exitCode === 0);
  await assert.rejects(stat(path));
});

test("work that does not end is cut off when the time to drain is over", options, async (t) => {
  const toy = await startToy(t, toyPostgres("a"));
  const { at, write, child } = await startProcess(t, toy.address);
  await write(opened);
  const client = new Client(at);
  await client.ask(STARTUP, /name\0a/);
  client.socket.write(queryMessage("slow"));
  await new Promise((resolve) => setTimeout(resolve, 20));
  const beganAtMs = performance.now();
  child.kill("SIGTERM");
  await until(() => child.exitCode === 0);
  const tookMs = performance.now() - beganAtMs;
  assert.ok(tookMs > 450 && tookMs < 1500, `${tookMs} ms`);
});

test("a port in use is the user's mistake, and named", options, async (t) => {
  const toy = await startToy(t, toyPostgres("a"));
  const { child, said } = await startProcess(t, toy.address, toy.address);
  await until(() => child.exitCode !== null);
  assert.equal(child.exitCode, 2);
  assert.match(
    said(),
    /Cannot listen at 127\.0\.0\.1:\d+ \(readWrite of the route "main" of "db"\): another program listens there\. Choose another port/,
  );
});

test("running out of file descriptors is survived", options, async (t) => {
  const toy = await startToy(t, toyPostgres("a"));
  const { at, write, child, said } = await startProcess(t, toy.address, null, 60);
  await write(opened);
  const clients = Array.from({ length: 80 }, () => new Client(at));
  for (const client of clients) client.socket.write(STARTUP);
  await until(() => /EMFILE/.test(said()) || clients.some(({ hasEnded }) => hasEnded));
  for (const client of clients) client.socket.destroy();
  await new Promise((resolve) => setTimeout(resolve, 100));
  const late = new Client(at);
  await late.ask(STARTUP, /name\0a/);
  assert.equal(child.exitCode, null);
});

async function startProcess(
  t: TestContext,
  member: Address,
  listenAt: Address | null = null,
  maxFiles = 1000,
): Promise<{
  at: Address;
  child: ChildProcess;
  directory: string;
  said: () => string;
  write: (record: GroupRecord) => Promise<void>;
}> {
  const directory = await mkdtemp(join(tmpdir(), "understudy-proxy-"));
  const at = listenAt ?? { host: "127.0.0.1", port: await freePort() };
  const config = configOf(directory, member, at);
  const store = await openStore(config.store);
  const command = `ulimit -n ${maxFiles}; exec "$0" "$@"`;
  const child = spawn("bash", ["-c", command, process.execPath, PROGRAM, JSON.stringify(config)], {
    stdio: ["ignore", "pipe", "pipe"],
  });
  let said = "";
  child.stderr.on("data", (chunk: Buffer) => (said += chunk.toString()));
  t.after(async () => {
    child.kill("SIGKILL");
    await store.close();
    await rm(directory, { recursive: true, force: true });
  });
  await Promise.race([once(child.stdout, "data"), once(child, "exit")]);
  const write = async (record: GroupRecord): Promise<void> => {
    await store.transact({ expect: [], write: [{ key: keys.group("db"), value: JSON.stringify(record) }] });
  };
  return { at, child, directory, said: () => said, write };
}

function configOf(directory: string, member: Address, at: Address): Config {
  const settings = { holdMs: 5000, maxHeld: 100, maxConnections: 100 };
  return {
    file: join(directory, "understudy.yaml"),
    cluster: "test",
    guard: "process",
    credentials: null,
    store: { kind: "sqlite", file: join(directory, "store.db") },
    nodes: {},
    groups: {
      db: {
        group: "db",
        service: {
          kind: "postgres",
          programs: null,
          runAs: null,
          database: "app",
          user: "app",
          clients: [],
          parameters: {},
        },
        durability: { lossless: "off", maxLossBytes: 0 },
        members: {
          a: { member: "a", address: member, from: [], priority: 1, follows: null, delayMs: 0, data: directory },
        },
        checks: [],
        judges: "own",
        routes: [{ kind: "proxy", name: "main", readWrite: at, readOnly: null, ...settings }],
      },
    },
    heartbeats: { keyFile: "", makeKey: false },
    takeover: { leaseMs: 2000, drainMs: 500 },
  };
}

async function statusAt(path: string): Promise<ProxyStatus> {
  const socket = connect(path);
  let text = "";
  socket.on("data", (chunk: Buffer) => (text += chunk.toString()));
  await once(socket, "end");
  return JSON.parse(text) as ProxyStatus;
}
