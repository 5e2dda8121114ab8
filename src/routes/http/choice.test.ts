import assert from "node:assert/strict";
import { test } from "node:test";
import { type Balance, chooseAnyway, chooseGood, type Chooser } from "./choice.ts";
import { Upstream } from "./upstream.ts";

function server(port: number, tier: number, weight = 1): Upstream {
  const address = { host: "127.0.0.1", port };
  return new Upstream({ name: String(port), address, tier, weight, term: 0 }, { rise: 1, fall: 1 });
}

/** Numbers from 0 to 1, always the same. */
function numbers(): () => number {
  let state = 1;
  return () => (state = (state * 48_271) % 2_147_483_647) / 2_147_483_647;
}

function chooser(balance: Balance, client = "192.0.2.1"): Chooser {
  return { balance, nowMs: 0, client, random: numbers() };
}

function shares(all: readonly Upstream[], balance: Balance, times: number): Readonly<Record<string, number>> {
  const random = numbers();
  const counts: Record<string, number> = {};
  for (let i = 0; i < times; i += 1) {
    const name = chooseGood(all, [], { balance, nowMs: 0, client: `192.0.2.${i}`, random })?.name ?? "nobody";
    counts[name] = (counts[name] ?? 0) + 1;
  }
  return counts;
}

test("a standby is used only while no active server is good", () => {
  const all = [server(1, 0), server(2, 0), server(3, 1)];
  const [first, second] = all as [Upstream, Upstream];
  assert.deepEqual(Object.keys(shares(all, "round-robin", 10)).sort(), ["1", "2"]);
  first.standing.checked(false, "");
  assert.deepEqual(Object.keys(shares(all, "two", 10)), ["2"]);
  second.standing.isDraining = true;
  assert.deepEqual(Object.keys(shares(all, "least", 10)), ["3"]);
  assert.equal(chooseGood(all, [all[2] as Upstream], chooser("two")), undefined);
});

test("round robin goes by the weights, and spreads them evenly", () => {
  const all = [server(1, 0, 3), server(2, 0), server(3, 0)];
  assert.deepEqual(shares(all, "round-robin", 50), { 1: 30, 2: 10, 3: 10 });
  const order = [1, 2, 3, 4, 5].map(() => chooseGood(all, [], chooser("round-robin"))?.name).join("");
  assert.equal(order, "12131");
});

test("least takes the one with the fewest requests for its weight; two never takes the busiest", () => {
  const all = [server(1, 0), server(2, 0), server(3, 0, 4)];
  const [one, two, three] = all as [Upstream, Upstream, Upstream];
  one.busy = 9;
  two.busy = 4;
  three.busy = 11;
  assert.deepEqual(shares(all, "least", 5), { 3: 5 });
  assert.equal(shares(all, "two", 1000)["1"], undefined);
  const idle = [server(1, 0, 3), server(2, 0, 1)];
  const first = shares(idle, "two", 1000)["1"] ?? 0;
  assert.ok(first > 700 && first < 800, `idle ones get something by their weights, and not all goes to one: ${first}`);
});

test("a server that has only just come back gets less at first", () => {
  for (const balance of ["two", "round-robin"] as const) {
    const all = [server(1, 0), server(2, 0)];
    const back = all[0]?.standing;
    back?.checked(false, "", 0);
    back?.checked(true, "", 0);
    const base = chooser(balance);
    const share = (nowMs: number): number => {
      const names = Array.from({ length: 1000 }, () => chooseGood(all, [], { ...base, nowMs })?.name);
      return names.filter((name) => name === "1").length;
    };
    assert.ok(share(0) < 150, balance);
    assert.ok(Math.abs(share(2500) - 333) < 60, balance);
    assert.ok(Math.abs(share(10_000) - 500) < 60, balance);
  }
});

test("when none is good the one that answered last is kept", () => {
  const all = [server(1, 0), server(2, 0), server(3, 1)];
  for (const one of all) one.standing.checked(false, "");
  const [, second, third] = all as [Upstream, Upstream, Upstream];
  third.lastHeardAtMs = 5;
  assert.equal(chooseAnyway(all, []), third);
  assert.equal(chooseAnyway(all, [third])?.name, "1");
  second.lastHeardAtMs = 6;
  assert.equal(chooseAnyway(all, []), second);
  second.standing.isDraining = true;
  assert.equal(chooseAnyway(all, []), third);
});

test("a client has always the same server, and moves only when that one is gone", () => {
  const all = [server(1, 0), server(2, 0), server(3, 0, 2)];
  const counts = shares(all, "client", 4000);
  for (const [name, expected] of [
    ["1", 1000],
    ["2", 1000],
    ["3", 2000],
  ] as const)
    assert.ok(Math.abs((counts[name] ?? 0) - expected) < 200, `${name}: ${counts[name]}`);
  const clients = Array.from({ length: 100 }, (_, at) => `10.0.0.${at}`);
  const served = (): (string | undefined)[] => clients.map((one) => chooseGood(all, [], chooser("client", one))?.name);
  const before = served();
  (all[0] as Upstream).standing.isDraining = true;
  const after = served();
  for (const [at, name] of before.entries()) assert.ok(name === "1" ? after[at] !== "1" : after[at] === name);
});
