import assert from "node:assert/strict";
import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import { test, type TestContext } from "node:test";
import { KernelWorld, LEASE_MS } from "./kernel-world.ts";
import type { Peer } from "./peer-handle.ts";
import { whyNoHosts } from "./system.ts";

const options = { skip: whyNoHosts() ?? false, timeout: 60_000 };
/** From the record on, on a busy machine. */
const AT_ONCE_MS = 1500;

async function world(t: TestContext): Promise<KernelWorld> {
  const made = await KernelWorld.start();
  t.after(() => made.end());
  made.forward(true);
  await made.startRoute();
  return made;
}

/** How it ended, and how long that took from `sinceMs` on. */
async function reset(t: TestContext, client: Peer, sinceMs: number): Promise<void> {
  const { heard } = await client.says("heard", AT_ONCE_MS);
  t.diagnostic(`reset after ${(performance.now() - sinceMs).toFixed(0)} ms`);
  assert.equal(heard, "ECONNRESET");
}

async function answers(client: Peer, text: string): Promise<void> {
  assert.equal((await client.ask(text, "data", 5000))?.["data"], text);
}

test(
  "established connections are reset when the primary changes, and new ones go to the next one",
  options,
  async (t) => {
    const w = await world(t);
    await w.lead(1, "a");
    const [silent, busy, local] = [await w.served(), await w.served(), await w.served("r")];
    for (const client of [silent, busy, local]) await answers(client, "hello");
    assert.equal(await w.acceptedBy("a", 3), 3);
    const talk = setInterval(() => busy.tell("x"), 10);
    const changedAtMs = performance.now();
    await w.lead(2, "b");
    for (const client of [silent, busy, local]) await reset(t, client, changedAtMs);
    clearInterval(talk);
    for (let i = 0; i < 5; i++) await answers(await w.served(i % 2 === 0 ? "c" : "r"), "hi");
    assert.deepEqual([w.accepted("a"), await w.acceptedBy("b", 5)], [3, 5]);
  },
);

test("a silent client of a host without power is reset at once", options, async (t) => {
  const w = await world(t);
  await w.lead(1, "a");
  const client = await w.served();
  w.lan.host("a").powerOff();
  const changedAtMs = performance.now();
  await w.lead(2, "b");
  await reset(t, client, changedAtMs);
  await answers(await w.served(), "hi");
});

test("a client that connects to a host without power is served by the next primary", options, async (t) => {
  const w = await world(t);
  await w.lead(1, "a");
  await w.served();
  w.lan.host("a").powerOff();
  const early = w.client();
  await sleep(300);
  await w.lead(2, "b");
  await early.says("connected", 5000);
  await answers(early, "hi");
});

test("while nobody is primary connections wait, and are served by the next one", options, async (t) => {
  const w = await world(t);
  await w.lead(1, null);
  await sleep(300);
  const early = w.client();
  await sleep(500);
  assert.deepEqual(early.lines, []);
  await w.lead(2, "b");
  await early.says("connected", 2500);
  await answers(early, "hi");
  assert.deepEqual([w.accepted("a"), await w.acceptedBy("b", 1)], [0, 1]);
});

test("traffic goes on without the route's process; the next one takes over what is there", options, async (t) => {
  const w = await world(t);
  await w.lead(1, "a");
  const client = await w.served();
  await w.killRoute();
  await answers(client, "without");
  await answers(await w.served("c", 500), "and new");
  await w.startRoute();
  await answers(await w.served("c", 500), "at once");
  await sleep(LEASE_MS + 500);
  await answers(client, "again");
  await answers(await w.served("c", 500), "renewed");
  assert.equal(w.accepted("b"), 0);
});

test("without the route's process nobody new is led to anybody for longer than a lease", options, async (t) => {
  const w = await world(t);
  await w.lead(1, "a");
  const client = await w.served();
  await w.killRoute();
  await sleep(LEASE_MS + 200);
  const late = w.client();
  await sleep(500);
  assert.deepEqual(late.lines, []);
  await answers(client, "still");
  await w.startRoute();
  await late.says("connected", 5000);
});

test(
  "who was connected to a former primary while the route's process was away is reset when it comes back",
  options,
  async (t) => {
    const w = await world(t);
    await w.lead(1, "a");
    const client = await w.served();
    await w.killRoute();
    await w.lead(2, "b");
    await w.lead(3, "a");
    const startedAtMs = performance.now();
    await w.startRoute();
    await reset(t, client, startedAtMs);
    await answers(await w.served(), "of the new term");
  },
);

test("rules that somebody has flushed are made again", options, async (t) => {
  const w = await world(t);
  await w.lead(1, "a");
  const client = await w.served();
  w.onRouter("nft", "flush", "ruleset");
  await sleep(800);
  await answers(client, "it was silent meanwhile");
  await answers(await w.served(), "hi");
  await w.lead(2, "b");
  await reset(t, client, performance.now());
});

test("SIGTERM resets everybody after their time and leaves no rules", options, async (t) => {
  const w = await world(t);
  await w.lead(1, "a");
  const client = await w.served();
  const askedAtMs = performance.now();
  w.route?.kill("SIGTERM");
  await reset(t, client, askedAtMs);
  if (w.route?.exitCode === null) await once(w.route, "exit");
  assert.equal(w.onRouter("nft", "list", "ruleset"), "");
});

test("what this host lacks is said, with what to do", options, async (t) => {
  const w = await KernelWorld.start();
  t.after(() => w.end());
  w.forward(false);
  await w.startRoute();
  assert.match(
    w.said,
    /"main" cannot be led by the kernel: the member "a" is on another host, and this one does not forward\. Allow it: sysctl -w net\.ipv4\.ip_forward=1/,
  );
  w.forward(true);
  await w.startRoute({ host: "198.51.100.99" });
  assert.match(
    w.said,
    /198\.51\.100\.99 is no address of this host\. Add it first: ip address add 198\.51\.100\.99\/32 dev lo/,
  );
  assert.equal(w.onRouter("nft", "list", "ruleset"), "");
});
