import assert from "node:assert/strict";
import { test } from "node:test";
import { Lan } from "./lan.ts";
import { Peer } from "./peer-handle.ts";
import { whyNoHosts } from "./system.ts";

const skip = whyNoHosts() ?? false;
const SILENCE_MS = 500;

test("cut() cuts the one way that it is told, or both, and mend() mends", { skip, timeout: 60_000 }, async (t) => {
  using lan = new Lan(["a", "b", "c"]);
  const { a, b, c } = { a: lan.host("a"), b: lan.host("b"), c: lan.host("c") };
  const servers = { a: await Peer.serving(a), b: await Peer.serving(b), c: await Peer.serving(c) };
  const [toB, toC, fromC] = [await Peer.connected(a, b), await Peer.connected(a, c), await Peer.connected(c, b)];
  const answers = async (peer: Peer, withinMs = 3000): Promise<boolean> =>
    (await peer.ask("x", "data", withinMs)) !== null;

  await t.test("one way: what is sent arrives, and no answer comes", async () => {
    lan.network.cut({ from: "b", to: "a" });
    const datagrams = await Peer.measure(a, b, 3);
    assert.deepEqual(datagrams.order, []);
    assert.equal(await answers(toB, SILENCE_MS), false);
    await assert.rejects(new Peer(a, "connect", b.address, 7000).says("connected", SILENCE_MS));
    assert.ok(await answers(toC));
    assert.ok(await answers(fromC));
    const fromA = servers.b.lines.filter(({ accepted }) => String(accepted).endsWith(a.address));
    assert.equal(fromA.length, 1, "no other connection was made");
    lan.network.mend({ from: "b", to: "a" });
    await toB.says("data", 5000);
  });

  await t.test("all ways from a host, and then to it as well", async () => {
    lan.network.cut({ from: "c" });
    assert.equal(await answers(toC, SILENCE_MS), false);
    lan.network.cut({ to: "c" });
    assert.equal(await answers(fromC, SILENCE_MS), false);
    assert.ok(await answers(toB));
    lan.network.mend();
    await toC.says("data", 5000);
    await fromC.says("data", 5000);
  });

  assert.throws(() => lan.network.cut({ from: "x" }), /no host "x"/);
});

test("loss() loses about what it is told, each way, and no more", { skip, timeout: 30_000 }, async () => {
  using lan = new Lan(["a", "b"]);
  const { a, b } = { a: lan.host("a"), b: lan.host("b") };
  await Peer.serving(b);
  const lostOf = async (count: number): Promise<number> => {
    const { tookMs } = await Peer.measure(a, b, count);
    return tookMs.filter((ms) => ms === null).length;
  };
  assert.ok((await lostOf(500)) < 10);
  a.loss(10);
  // There and back: 19 % of 2,000, with a standard deviation of 17.5.
  const lost = await lostOf(2000);
  assert.ok(Math.abs(lost - 380) < 5 * 17.5, `${lost} of 2000`);
  a.loss(0);
  assert.ok((await lostOf(500)) < 10);
  assert.throws(() => a.loss(101), /0 to 100/);
});

test("narrow() loses long packets without a word, and no others", { skip, timeout: 30_000 }, async () => {
  using lan = new Lan(["a", "b"]);
  const [a, b] = [lan.host("a"), lan.host("b")];
  await Peer.serving(b);
  const toB = await Peer.connected(a, b);
  const long = "x".repeat(1200);
  a.narrow(1000);
  assert.notEqual(await toB.ask("short", "data", 3000), null);
  assert.equal(await toB.ask(long, "data", SILENCE_MS), null);
  a.narrow(null);
  await toB.says("data", 5000);
});

test("rate() holds what is sent and what is received to it", { skip, timeout: 30_000 }, async () => {
  using lan = new Lan(["a", "b"]);
  const { a, b } = { a: lan.host("a"), b: lan.host("b") };
  await Peer.serving(a);
  await Peer.serving(b);
  a.rate(8_000_000);
  for (const [from, to] of [
    [a, b],
    [b, a],
  ] as const) {
    const rate = await Peer.bitsPerSecond(from, to, 1_000_000);
    assert.ok(rate > 5_500_000 && rate < 8_500_000, `${from.name} to ${to.name}: ${rate} bits a second`);
  }
  a.rate(null);
  assert.ok((await Peer.bitsPerSecond(a, b, 10_000_000)) > 50_000_000);
});
