import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { test, type TestContext } from "node:test";
import { systemClock } from "../../src/agent/system-clock.ts";
import { hearingOf } from "../../src/core/heard.ts";
import { timingOf } from "../../src/core/timing.ts";
import { UdpHeartbeats } from "../../src/heartbeats/udp.ts";
import { freeUdpPorts } from "./udp-ports.ts";

const timing = timingOf(1000);
const clock = systemClock;

interface Two {
  readonly ports: readonly number[];
  readonly open: (me: "a" | "b", change?: { readonly key?: Buffer; readonly cluster?: string }) => UdpHeartbeats;
}

async function two(t: TestContext): Promise<Two> {
  const ports = await freeUdpPorts(2);
  const addresses = {
    a: { host: "127.0.0.1", port: ports[0] ?? 0 },
    b: { host: "localhost", port: ports[1] ?? 0 },
  };
  const common = { cluster: "test", addresses, key: randomBytes(32), timing, clock };
  return {
    ports,
    open(me, change = {}) {
      const heartbeats = new UdpHeartbeats({ ...common, ...change, me });
      t.after(() => heartbeats.close());
      heartbeats.say(`session of ${me}`);
      return heartbeats;
    },
  };
}

async function until(what: () => boolean, says: () => unknown = () => ""): Promise<void> {
  const endAtMs = performance.now() + 5000;
  while (!what()) {
    if (performance.now() > endAtMs) assert.fail(`not in time: ${JSON.stringify(says())}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

test("heartbeats with another key or of another cluster are counted and believed by nobody", async (t) => {
  const { open } = await two(t);
  const a = open("a");
  const b = open("b", { key: randomBytes(32) });
  await until(() => a.dropped["wrong-key"] > 0 && b.dropped["wrong-key"] > 0);
  await b.close();
  const other = open("b", { cluster: "other" });
  await until(() => a.dropped["wrong-cluster"] > 0 && other.dropped["wrong-cluster"] > 0);
  assert.deepEqual(a.heard, {});
});

test("garbage of any size is counted and harms nothing", async (t) => {
  const { open, ports } = await two(t);
  const [a, b] = [open("a"), open("b")];
  await until(() => a.heard["b"] !== undefined && b.heard["a"] !== undefined);
  const socket = createSocket("udp4");
  for (const bytes of [0, 1, 63, 96, 1200, 1201, 9000, 60_000])
    for (let i = 0; i < 5; i++) socket.send(randomBytes(bytes), ports[0] ?? 0, "127.0.0.1");
  await until(
    () => a.dropped.malformed >= 20 && a.dropped.oversized >= 10,
    () => a.dropped,
  );
  socket.close();
  await until(() => hearingOf(a.heard["b"] ?? assert.fail(), timing) === "heard");
});

test("what is recorded on the wire and sent again counts nothing", async (t) => {
  const { open, ports } = await two(t);
  const b = open("b");
  const recorded: Buffer[] = [];
  const spy = createSocket("udp4").bind(ports[0], "127.0.0.1");
  spy.on("message", (bytes) => recorded.push(bytes));
  await once(spy, "listening");
  await until(() => recorded.length > 3);
  await new Promise<void>((resolve) => spy.close(() => resolve()));
  const a = open("a");
  await until(() => a.heard["b"] !== undefined);
  await b.close();
  await until(() => hearingOf(a.heard["b"] ?? assert.fail(), timing) === "silent");
  // What "b" had sent may still be on its way to a thread that was busy.
  await new Promise((resolve) => setTimeout(resolve, 500));
  const { atMs } = a.heard["b"] ?? assert.fail();
  const again = createSocket("udp4");
  for (const bytes of recorded) again.send(bytes, ports[0] ?? 0, "127.0.0.1");
  await until(
    () => a.dropped.unverified + a.dropped.old >= recorded.length,
    () => a.dropped,
  );
  again.close();
  assert.equal(a.heard["b"]?.atMs, atMs);
  // Whoever has been busy itself believes for a moment that it may have heard.
  await until(() => hearingOf(a.heard["b"] ?? assert.fail(), timing) === "silent");
  assert.equal(a.heard["b"]?.atMs, atMs);
});

test("an agent that is busy for a moment is heard on time; one that hangs is as silent as it is", async (t) => {
  const { open } = await two(t);
  const [a, b] = [open("a"), open("b")];
  await until(() => a.heard["b"] !== undefined && b.heard["a"] !== undefined);
  const states: string[] = [];
  b.onChange(() => states.push(hearingOf(b.heard["a"] ?? assert.fail(), timing)));
  const wait = new Int32Array(new SharedArrayBuffer(4));
  // Both agents are this thread: nothing of it runs while it waits, their threads do.
  Atomics.wait(wait, 0, 0, 60);
  await new Promise((resolve) => setTimeout(resolve, 100));
  assert.equal(states.length, 0, states.join());
  Atomics.wait(wait, 0, 0, 600);
  await until(
    () => states.includes("silent") && states.at(-1) === "heard",
    () => states,
  );
});

test("a port that is taken is told, and tried again", async (t) => {
  const { open, ports } = await two(t);
  const holder = createSocket("udp4").bind(ports[0], "127.0.0.1");
  await once(holder, "listening");
  const [a, b] = [open("a"), open("b")];
  await until(() => a.problem !== null);
  assert.match(a.problem ?? "", /127\.0\.0\.1:\d+ \(UDP\) cannot be used: .*EADDRINUSE/);
  await new Promise<void>((resolve) => holder.close(() => resolve()));
  await until(() => a.problem === null && b.heard["a"] !== undefined);
});
