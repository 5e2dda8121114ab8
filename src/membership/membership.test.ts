import assert from "node:assert/strict";
import { X509Certificate } from "node:crypto";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { systemClock } from "../agent/system-clock.ts";
import { loadConfig } from "../config/load.ts";
import { keys } from "../core/keys.ts";
import { authorityOf } from "../credentials/authority.ts";
import { MemoryData, MemoryStore } from "../store/memory.ts";
import { noteNumber } from "./keep-configuration.ts";
import type { Result } from "./membership-port.ts";
import { Membership } from "./membership.ts";
import { parseShared } from "./shared-configuration.ts";
import { fingerprintOf, parseToken, type Token } from "./token.ts";

const TEXT = `cluster: shop
store: { etcd: { endpoints: [ 10.0.0.9:2379 ], user: u, passwordFile: ./password } }
credentials: ./credentials
nodes:
  a: { directory: ./node, peer: 10.0.0.1:7400 }
  b: { directory: ./node, peer: 10.0.0.2:7400 }
groups:
  main:
    service: { postgres: {} }
    members:
      a: { address: 10.0.0.1:5432 }
      b: { address: 10.0.0.2:5432 }
`;

class World implements AsyncDisposable {
  readonly store = new MemoryStore(new MemoryData("store"));
  readonly directory: string;
  readonly membership: Membership;

  private constructor(directory: string, membership: (store: MemoryStore) => Membership) {
    this.directory = directory;
    this.membership = membership(this.store);
  }

  static async open(): Promise<World> {
    const directory = await mkdtemp(join(tmpdir(), "understudy-membership-"));
    const file = join(directory, "u.yaml");
    await writeFile(file, TEXT);
    await writeFile(join(directory, "password"), "secret of etcd");
    const config = await loadConfig(file);
    const authority = await authorityOf(new MemoryStore(new MemoryData("another")), "shop");
    const parts = { config, node: "a", authority, clock: systemClock, log: () => undefined };
    return new World(directory, (store) => new Membership({ ...parts, store }));
  }

  async token(node: string | null = null, validMs = 60_000): Promise<Token> {
    return done(await this.membership.createToken({ node, validMs, by: "test" }));
  }

  join(token: Token, node: string, host: string): ReturnType<Membership["join"]> {
    return this.membership.join({ id: token.id, secret: token.secret, node, host, zone: null });
  }

  async shared(): Promise<ReturnType<typeof parseShared>> {
    return parseShared((await this.store.read([keys.configuration]))[0]);
  }

  async record(primary: string): Promise<void> {
    const write = [{ key: keys.group("main"), value: JSON.stringify({ group: "main", primary }) }];
    await this.store.transact({ expect: [], write });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await rm(this.directory, { recursive: true });
  }
}

function done<T>(result: Result<T>): T {
  if (result.outcome === "refused") assert.fail(result.text);
  return result.value;
}

function refusal(result: Result<unknown>): string {
  return result.outcome === "refused" ? result.text : assert.fail("it was not refused");
}

test("a token names the agents and the authority, and its secret is kept nowhere", async () => {
  await using world = await World.open();
  const token = await world.token();
  assert.deepEqual(parseToken(JSON.stringify(token)), token);
  assert.deepEqual(token.addresses, ["10.0.0.1:7400", "10.0.0.2:7400"]);
  const kept = await world.store.list(keys.tokens);
  assert.equal(kept.length, 1);
  assert.ok(!kept[0]?.value?.includes(token.secret));
});

test("whoever joins gets the configuration with himself in it, and what opens the store", async () => {
  await using world = await World.open();
  const welcome = done(await world.join(await world.token(), "c", "10.0.0.3"));
  assert.equal(welcome.number, 1);
  assert.match(welcome.text, /c: \{ address: 10\.0\.0\.3:5432 \}/);
  assert.deepEqual(welcome.files, [{ path: "./password", text: "secret of etcd" }]);
  const shared = await world.shared();
  assert.equal(shared?.text, welcome.text);
  assert.deepEqual(shared?.addresses["main"]?.["c"], { host: "10.0.0.3", port: 5432 });
  assert.equal(
    await readFile(join(world.directory, "u.yaml"), "utf8"),
    TEXT,
    "the file is the agent's to bring up to date",
  );
});

test("a token lets one host in, once, also when two come at the same time", async () => {
  await using world = await World.open();
  const token = await world.token();
  const both = await Promise.all([world.join(token, "c", "10.0.0.3"), world.join(token, "d", "10.0.0.4")]);
  assert.deepEqual(both.map(({ outcome }) => outcome).toSorted(), ["done", "refused"]);
  assert.match(refusal(await world.join(token, "c", "10.0.0.3")), /used already/);
});

test("two tokens at the same time let two hosts in", async () => {
  await using world = await World.open();
  const tokens = [await world.token(), await world.token()] as const;
  const both = await Promise.all([world.join(tokens[0], "c", "10.0.0.3"), world.join(tokens[1], "d", "10.0.0.4")]);
  both.map(done);
  const shared = await world.shared();
  assert.equal(shared?.number, 2);
  assert.deepEqual(Object.keys(shared?.addresses["main"] ?? {}).toSorted(), ["a", "b", "c", "d"]);
});

test("a token does not let in for a wrong secret, after its time, as another node, or to another's place", async () => {
  await using world = await World.open();
  const token = await world.token();
  assert.match(refusal(await world.join({ ...token, secret: "guessed" }, "c", "10.0.0.3")), /not right/);
  assert.match(refusal(await world.join(await world.token(null, -1), "c", "10.0.0.3")), /was valid until/);
  assert.match(refusal(await world.join(await world.token("c"), "d", "10.0.0.3")), /for the node "c" alone/);
  assert.match(refusal(await world.join(token, "c", "10.0.0.2")), /10\.0\.0\.2/);
  done(await world.join(token, "c", "10.0.0.3"));
});

test("a token that names no node lets nobody in as one that is there", async () => {
  await using world = await World.open();
  assert.match(refusal(await world.join(await world.token(), "b", "10.0.0.2")), /create --for b/);
  const welcome = done(await world.join(await world.token("b"), "b", "10.0.0.2"));
  assert.deepEqual([welcome.text, welcome.number], [TEXT, 0]);
});

test("what a person has edited since is kept by the next join", async () => {
  await using world = await World.open();
  const file = join(world.directory, "u.yaml");
  const { text, number, storeId } = done(await world.join(await world.token(), "c", "10.0.0.3"));
  await mkdir(join(world.directory, "node"));
  await noteNumber(join(world.directory, "node"), storeId, number);
  await writeFile(file, text.replace("    members:", "    lossless: preferred\n    members:"));
  const next = done(await world.join(await world.token(), "d", "10.0.0.4"));
  assert.match(next.text, /lossless: preferred/);
});

test("no takeover slips in between the look at the records and a leave", async () => {
  await using world = await World.open();
  done(await world.join(await world.token(), "c", "10.0.0.3"));
  await world.record("a");
  const list = world.store.list.bind(world.store);
  let looks = 0;
  world.store.list = async (prefix) => {
    const found = await list(prefix);
    if (prefix === keys.groups && looks++ === 0) await world.record("c");
    return found;
  };
  assert.match(refusal(await world.membership.leave({ node: "c", by: "test" })), /primary of/);
});

test("tokens that have ended go", async () => {
  await using world = await World.open();
  await world.token(null, -1);
  const { id } = await world.token();
  assert.deepEqual(
    (await world.store.list(keys.tokens)).map(({ key }) => key),
    [keys.token(id)],
  );
});

test("a node leaves unless it is primary or the others would be too few", async () => {
  await using world = await World.open();
  await world.record("c");
  assert.match(refusal(await world.membership.leave({ node: "b", by: "test" })), /configuration would be wrong/);
  done(await world.join(await world.token(), "c", "10.0.0.3"));
  assert.match(refusal(await world.membership.leave({ node: "c", by: "test" })), /primary of main.*switchover/);
  assert.match(refusal(await world.membership.leave({ node: "x", by: "test" })), /no node "x"/);
  await world.record("a");
  assert.deepEqual(done(await world.membership.leave({ node: "c", by: "test" })), { number: 2 });
  assert.equal((await world.shared())?.text, TEXT);
});

test("the authority in a token is that of the certificate", async () => {
  const { certificate } = await authorityOf(new MemoryStore(new MemoryData("store")), "shop");
  const { fingerprint256, raw } = new X509Certificate(certificate);
  assert.equal(fingerprintOf(raw), fingerprint256.replaceAll(":", "").toLowerCase());
});
