import assert from "node:assert/strict";
import { test, type TestContext } from "node:test";
import { systemClock } from "../../src/agent/system-clock.ts";
import type { Address } from "../../src/config/config.ts";
import { missingForKernelGuard } from "../../src/guards/kernel/availability.ts";
import { openKernelRoute, type KernelRoute } from "../../src/routes/kernel/kernel-route.ts";
import { Client, freePort, startToy, steady, until, vacant } from "../proxy/world.ts";
import { enterOwnNetwork } from "../support/own-network.ts";

const skip = enterOwnNetwork() || (await missingForKernelGuard()) || false;
const options = { skip, timeout: 30_000 };

test(
  "readers are led to all standbys, stay while they may, and reach the primary when there is none",
  options,
  async (t) => {
    const { route, readOnly } = await world(t);
    route.follow(steady);
    const heard = new Set<string>();
    for (let i = 0; i < 60; i++) heard.add((await served(readOnly)).text);
    assert.deepEqual([...heard].toSorted(), ["b", "c"]);
    const of = async (member: string): Promise<Client> => {
      for (;;) {
        const client = await served(readOnly);
        if (client.text === member) return client;
        client.socket.destroy();
      }
    };
    const [b, c] = [await of("b"), await of("c")];
    route.follow({ ...steady, readers: ["c"] });
    await until(() => route.status.readOnly?.to.join() === "c");
    for (let i = 0; i < 10; i++) assert.equal((await served(readOnly)).text, "c");
    assert.equal(b.hasEnded, false);
    route.follow({ ...steady, readers: ["c"], tolerated: ["c"] });
    await until(() => b.hasEnded);
    assert.equal(c.hasEnded, false);
    route.follow({ ...steady, term: 2, primary: "c", readers: [], tolerated: [] });
    await until(() => route.status.readOnly?.to.join() === "c");
    assert.equal((await served(readOnly)).text, "c");
    assert.equal(c.hasEnded, false, "its standby has become primary");
  },
);

test(
  "without the store new ones are let in only where nothing is acknowledged alone, and while somebody stands",
  options,
  async (t) => {
    const { route, listen } = await world(t);
    route.follow({ ...steady, needsStandbys: true });
    await until(() => route.status.readWrite.to.join() === "a");
    const standing = await served(listen);
    route.follow({ ...steady, needsStandbys: true, isFresh: false });
    await pause(100);
    assert.equal((await served(listen)).text, "a");
    await until(() => route.status.readWrite.connections === 2);
    standing.socket.destroy();
    route.follow({ ...steady, needsStandbys: false, isFresh: false });
    await until(() => route.status.readWrite.hold !== null);
    assert.equal(route.status.readWrite.hold, "the coordination store does not answer");
  },
);

test("whoever comes when others have waited for too long is refused, until somebody is primary", options, async (t) => {
  const { route, listen } = await world(t, 300);
  route.follow(vacant);
  const early = new Client(listen);
  await pause(150);
  assert.equal(early.hasEnded, false);
  await until(() => early.error !== null, undefined, 3000);
  assert.match(early.error?.message ?? "", /ECONNREFUSED/);
  route.follow(steady);
  await until(() => route.status.readWrite.to.join() === "a");
  assert.equal((await served(listen)).text, "a");
});

test("who comes again by the port from which it was reset is led to the next primary", options, async (t) => {
  const { route, listen } = await world(t);
  route.follow(steady);
  await until(() => route.status.readWrite.to.join() === "a");
  const from = { ...listen, localPort: await freePort() };
  const first = await served(from);
  route.follow({ ...steady, term: 2, primary: "b" });
  await until(() => first.hasEnded);
  await pause(1200);
  assert.equal((await served(from)).text, "b");
});

test("a program that listens at the same address changes nothing", options, async (t) => {
  const { route, listen } = await world(t);
  await startToy(t, (socket) => socket.end("stranger"), listen.port);
  route.follow(steady);
  await until(() => route.status.readWrite.to.join() === "a");
  const client = await served(listen);
  assert.equal(client.text, "a");
  route.follow({ ...steady, term: 2, primary: "b" });
  await until(() => client.hasEnded);
  assert.equal((await served(listen)).text, "b");
});

test("a thousand silent clients are reset at once", options, async (t) => {
  const { route, listen } = await world(t);
  route.follow(steady);
  await until(() => route.status.readWrite.to.join() === "a");
  const clients = Array.from({ length: 1000 }, () => new Client(listen));
  await until(() => clients.every(({ text }) => text === "a"), undefined, 10_000);
  const changedAtMs = performance.now();
  route.follow({ ...steady, term: 2, primary: "b" });
  await until(() => clients.some(({ hasEnded }) => hasEnded));
  t.diagnostic(`the first after ${(performance.now() - changedAtMs).toFixed(0)} ms`);
  await until(() => clients.every(({ hasEnded }) => hasEnded));
  t.diagnostic(`the last after ${(performance.now() - changedAtMs).toFixed(0)} ms`);
  assert.deepEqual(route.status.readWrite.cut, 1000);
});

interface World {
  readonly route: KernelRoute;
  readonly listen: Address;
  readonly readOnly: Address;
}

async function world(t: TestContext, holdMs = 10_000): Promise<World> {
  const toy = (name: string) =>
    startToy(
      t,
      (socket) =>
        void socket
          .on("end", () => socket.end())
          .resume()
          .write(name),
    );
  const [a, b, c] = [await toy("a"), await toy("b"), await toy("c")];
  const at = async (): Promise<Address> => ({ host: "127.0.0.1", port: await freePort() });
  const [listen, readOnly] = [await at(), await at()];
  const route = await openKernelRoute({
    cluster: "test",
    group: "db",
    config: { kind: "kernel", name: "main", listen, readOnly, holdMs },
    addresses: { a: a.address, b: b.address, c: c.address },
    leaseMs: 2000,
    clock: systemClock,
    log: (text) => t.diagnostic(text),
  });
  t.after(() => route.close(0));
  return { route, listen, readOnly };
}

async function served(at: Address): Promise<Client> {
  const client = new Client(at);
  await until(() => client.text !== "", undefined, 5000);
  return client;
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
