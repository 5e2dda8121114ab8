import assert from "node:assert/strict";
import { chmod, mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test, type TestContext } from "node:test";
import type { EtcdConfig, EtcdTls } from "../../src/config/config.ts";
import { Failure } from "../../src/lib/failure.ts";
import { openEtcdStore } from "../../src/store/etcd/open-etcd-store.ts";
import { isGood } from "../../src/store/etcd/warnings.ts";
import type { Store } from "../../src/store/store.ts";
import { EtcdCluster } from "../support/etcd-cluster.ts";
import { Certificates } from "./certificates.ts";
import { setting } from "./workspace.ts";

const PREFIX = "/understudy/test";
const directory = await mkdtemp(join(tmpdir(), "understudy-access-"));
const certificates = new Certificates(directory);
const plain = await EtcdCluster.start({ members: 1 });
const secured = await EtcdCluster.start({
  members: 1,
  tls: { ca: certificates.cert("ca"), cert: certificates.cert("server"), key: certificates.key("server") },
});
after(async () => {
  await plain[Symbol.asyncDispose]();
  await secured[Symbol.asyncDispose]();
  await rm(directory, { recursive: true });
});

/** Waits for a store that cannot be had only so long. */
const HASTY = { pace: { openMs: 300 }, say: (): void => undefined };

function tls(client: string | null, ca: string | null = "ca"): EtcdTls {
  return {
    ca: ca === null ? null : certificates.cert(ca),
    cert: client === null ? null : certificates.cert(client),
    key: client === null ? null : certificates.key(client),
  };
}

async function works(t: TestContext, config: EtcdConfig): Promise<Store> {
  const store = await openEtcdStore(config, { say: () => undefined });
  t.after(() => store.close());
  const { applied } = await store.transact(setting({ a: "1" }));
  assert.equal(applied, true);
  assert.equal((await store.read(["a"]))[0]?.value, "1");
  return store;
}

async function refuses(config: EtcdConfig, says: RegExp): Promise<void> {
  await assert.rejects(openEtcdStore(config, HASTY), (error: Error) => {
    assert.ok(error instanceof Failure, error.stack);
    assert.match(error.message, says);
    assert.doesNotMatch(error.message, /secret-word/);
    return true;
  });
}

test("TLS with a client's certificate works", async (t) => {
  await works(t, secured.config(PREFIX, { tls: tls("client") }));
});

test("TLS that does not fit says what is wrong", async () => {
  const cases: readonly (readonly [EtcdTls | null, RegExp])[] = [
    [tls("client", "stranger"), /not signed by a known authority.*`tls.ca`/],
    [tls("client", null), /not signed by a known authority.*`tls.ca`/],
    [tls("expired"), /does not accept our certificate.*date/],
    [tls("foreign"), /does not accept our certificate/],
    [tls(null), /does not accept our certificate, or wants one/],
    [null, /does this etcd want TLS/],
    [{ ...tls("client"), key: certificates.key("expired") }, /cannot be used.*`key` belongs to `cert`/],
    [{ ...tls("client"), ca: join(directory, "missing.crt") }, /store.etcd.tls.ca cannot be read: ENOENT/],
  ];
  for (const [one, says] of cases) await refuses(secured.config(PREFIX, { tls: one }), says);
  await refuses(plain.config(PREFIX, { tls: tls("client") }), /Does this etcd speak TLS/);
});

test("a certificate for another name is refused", async () => {
  const [endpoint = { host: "", port: 0 }] = secured.config(PREFIX).endpoints;
  const config = secured.config(PREFIX, { tls: tls("client"), endpoints: [{ ...endpoint, host: "localhost" }] });
  await refuses(config, /certificate is for another name/);
});

test("a key or password that others can read is refused", async () => {
  await chmod(certificates.key("client"), 0o644);
  await refuses(secured.config(PREFIX, { tls: tls("client") }), /tls.key\) can be read by others.*chmod 600/);
  await chmod(certificates.key("client"), 0o600);
});

test("users: the right one is let in, below its prefix; all else says what to do", async (t) => {
  const etcd = await EtcdCluster.start({ members: 1 });
  t.after(() => etcd[Symbol.asyncDispose]());
  const passwordFile = await password("secret-word");
  const login = { user: "understudy", passwordFile };
  await refuses(etcd.config(PREFIX, { login }), /knows no users/);
  await withUsers(etcd);
  const store = await works(t, etcd.config(PREFIX, { login }));
  await refuses(etcd.config(PREFIX), /wants to know who asks/);
  await refuses(
    etcd.config(PREFIX, { login: { ...login, passwordFile: await password("wrong") } }),
    /authentication failed.*passwordFile/,
  );
  await refuses(etcd.config("/elsewhere", { login }), /permission denied.*Is `prefix` right/);
  await chmod(passwordFile, 0o640);
  await refuses(etcd.config(PREFIX, { login }), /passwordFile\) can be read by others \(mode 640\)/);
  await chmod(passwordFile, 0o600);
  await refuses(etcd.config(PREFIX, { login: { ...login, passwordFile: await password("") } }), /is empty/);
  await forgetsTokens(etcd, store);
});

/** After a restart etcd does not know its tokens any more. */
async function forgetsTokens(etcd: EtcdCluster, store: Store): Promise<void> {
  const [member] = etcd.members;
  assert.ok(member);
  let rings = 0;
  store.watch("", () => rings++);
  await etcd.kill(member);
  etcd.restart(member);
  const untilMs = performance.now() + 8000;
  for (;;) {
    const entries = await store.read(["a"]).catch(() => null);
    if (entries?.[0]?.value === "1") break;
    assert.ok(performance.now() < untilMs, "it never answered again");
  }
  await new Promise((resolve) => setTimeout(resolve, 300));
  const before = rings;
  assert.equal((await store.transact(setting({ a: "2" }))).applied, true);
  await new Promise((resolve) => setTimeout(resolve, 100));
  assert.ok(rings > before);
}

async function password(text: string): Promise<string> {
  const file = join(directory, `password-${text.length}`);
  await writeFile(file, `${text}\n`, { mode: 0o600 });
  return file;
}

async function withUsers(etcd: EtcdCluster): Promise<void> {
  const base64 = (text: string): string => Buffer.from(text).toString("base64");
  await etcd.call("auth/user/add", { name: "root", password: "root" });
  await etcd.call("auth/user/grant", { user: "root", role: "root" });
  await etcd.call("auth/user/add", { name: "understudy", password: "secret-word" });
  await etcd.call("auth/role/add", { name: "understudy" });
  const range = { key: base64(`${PREFIX}/`), range_end: base64(`${PREFIX}0`) };
  await etcd.call("auth/role/grant", { name: "understudy", perm: { permType: "READWRITE", ...range } });
  await etcd.call("auth/user/grant", { user: "understudy", role: "understudy" });
  await etcd.call("auth/enable", {});
}

test("nothing there, silence, and an unknown name say so", async (t) => {
  const sockets: Socket[] = [];
  const silent = createServer((socket) => sockets.push(socket));
  await new Promise<void>((resolve) => silent.listen(0, "127.0.0.1", resolve));
  t.after(() => {
    silent.close();
    for (const socket of sockets) socket.destroy();
  });
  const { port } = silent.address() as { port: number };
  const at = (host: string, port: number): EtcdConfig => plain.config(PREFIX, { endpoints: [{ host, port }] });
  await refuses(at("127.0.0.1", 1), /127.0.0.1:1: connect ECONNREFUSED.*is etcd running/s);
  await refuses(at("127.0.0.1", port), /no connection yet.*Is etcd hung/);
  await refuses(at("nowhere.invalid", 2379), /nowhere.invalid:2379: its name cannot be resolved.*DNS/);
});

test("one good endpoint of several is enough", async (t) => {
  const [good] = plain.config(PREFIX).endpoints;
  assert.ok(good);
  const endpoints = [
    { host: "nowhere.invalid", port: 1 },
    { host: "127.0.0.1", port: 1 },
    { ...good, host: "localhost" },
  ];
  await works(t, plain.config(PREFIX, { endpoints }));
});

test("old versions and slow elections are told", async (t) => {
  const slow = await EtcdCluster.start({ members: 1, electionMs: 1200 });
  t.after(() => slow[Symbol.asyncDispose]());
  const { version } = (await slow.call("maintenance/status", {})) as { version: string };
  const said: string[] = [];
  const store = await openEtcdStore(slow.config(PREFIX), { say: (text) => said.push(text) });
  t.after(() => store.close());
  const untilMs = performance.now() + 3000;
  while (said.length < 2 && performance.now() < untilMs) await new Promise((resolve) => setTimeout(resolve, 20));
  assert.equal(
    said.some((text) => text.startsWith("Warning: this version of etcd has known flaws")),
    !isGood(version),
    said.join("\n"),
  );
  assert.ok(
    said.some((text) => text.startsWith("Warning: etcd's election timeout is above 667 ms")),
    said.join("\n"),
  );
});
