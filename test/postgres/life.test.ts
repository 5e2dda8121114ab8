import assert from "node:assert/strict";
import { test } from "node:test";
import { ALONE, sameRule } from "../../src/core/commit-rule.ts";
import { comparePositions, hasDiverged, type Fork } from "../../src/core/position.ts";
import { bellOf, pause, Trio } from "./trio.ts";
import { missingIn, Writer } from "./writer.ts";

test("the life of three members", { timeout: 120_000 }, async (t) => {
  await using trio = await Trio.make(["a", "b", "c"]);
  let forks: readonly Fork[] = [];

  await t.test("a new database starts as a standby that receives nothing", async () => {
    await trio.do("a", { do: "create" });
    assert.equal((await trio.look("a")).state, "stopped");
    await trio.do("a", { do: "start" });
    const look = await trio.see("a", ({ position }) => position !== null);
    assert.deepEqual([look.state, look.receiving, look.position?.term], ["standby", null, 0]);
    trio.dataId = look.dataId;
  });

  await t.test("promote() makes it the primary of the term, with its first entry", async () => {
    forks = await trio.promote("a", 1, ALONE);
    const { state, term, firstOffset, rule, ruleOffset } = await trio.look("a");
    assert.deepEqual([state, term, rule, ruleOffset], ["primary", 1, ALONE, 0]);
    assert.ok((firstOffset ?? 0) > (forks[0]?.offset ?? Infinity));
  });

  await t.test("clones follow, and the rule comes into force in every process", async () => {
    for (const name of ["b", "c"]) {
      await trio.do(name, { do: "clone", from: "a", term: 1, forks });
      await trio.do(name, { do: "start" });
      await trio.do(name, { do: "follow", from: "a", term: 1, forks });
      await trio.see(name, ({ receiving }) => receiving?.streaming === true);
    }
    const rule = await trio.rule(1, "b", "c");
    await trio.do("a", { do: "set-rule", term: 1, rule });
    const look = await trio.see("a", ({ followers }) => followers.every((f) => f.streaming) && followers.length === 2);
    assert.ok(look.rule !== null && sameRule(look.rule, rule));
    assert.ok(look.ruleOffset > 0);
    assert.deepEqual(
      new Map(look.followers.map(({ member, term }) => [member, term])),
      new Map([
        ["b", 1],
        ["c", 1],
      ]),
    );
    const client = await trio.client("a");
    await client.query("CREATE TABLE written (id int PRIMARY KEY)");
    await client.end();
  });

  await t.test("a rule that needs another number of copies is proven anew in each process", async () => {
    for (const need of [2, 1]) {
      const rule = await trio.rule(need, "b", "c");
      const tookMs = await trio.do("a", { do: "set-rule", term: 1, rule });
      const look = await trio.see("a", ({ followers }) => followers.filter((f) => f.streaming).length === 2);
      t.diagnostic(`need ${need} in force after ${tookMs.toFixed(0)} ms`);
      assert.ok(look.rule !== null && sameRule(look.rule, rule));
    }
    await assert.rejects(trio.do("a", { do: "set-rule", term: 2, rule: ALONE }), /it was promoted in term 1/);
  });

  await t.test("a kill ends a clone that is under way, and the data stays whole", async () => {
    await trio.do("c", { do: "stop", how: "clean", because: "test" });
    const clone = trio.do("c", { do: "clone", from: "a", term: 1, forks }).catch((error: Error) => error.message);
    await pause(150);
    await trio.do("c", { do: "stop", how: "kill", because: "test" });
    assert.match(String(await clone), /stop/);
    assert.equal((await trio.look("c")).state, "stopped");
    await trio.do("c", { do: "start" });
    await trio.see("c", ({ position }) => position !== null);
    await trio.do("c", { do: "follow", from: "a", term: 1, forks });
    await trio.see("c", ({ receiving }) => receiving?.streaming === true);
  });

  await t.test("a restarted agent finds the truth again", async () => {
    const before = await trio.look("a");
    await trio.member("a", true);
    const after = await trio.look("a");
    assert.deepEqual([after.state, after.term, after.rule], [before.state, before.term, before.rule]);
    assert.ok((after.firstOffset ?? 0) >= (before.firstOffset ?? Infinity));
    await trio.member("b", true);
    assert.deepEqual((await trio.look("b")).receiving, { from: "a", term: 1, streaming: true });
  });

  await t.test("once both standbys have sealed, a living primary acknowledges nothing", async () => {
    const client = await trio.client("a");
    const writer = new Writer(client);
    await pause(200);
    await Promise.all([trio.do("b", { do: "seal" }), trio.do("c", { do: "seal" })]);
    const sealedAt = performance.now();
    const positions = [(await trio.look("b")).position, (await trio.look("c")).position];
    await pause(300);
    assert.ok(writer.acknowledged.length > 10);
    assert.ok(writer.lastAt < sealedAt, `acknowledged ${writer.lastAt - sealedAt} ms after the seals`);
    await writer.stop(client);
    const [b, c] = positions;
    assert.ok(b && c);
    const winner = comparePositions(b, c) >= 0 ? "b" : "c";
    const loser = winner === "b" ? "c" : "b";
    forks = await trio.promote(winner, 2, await trio.rule(1, loser));
    await trio.do(loser, { do: "follow", from: winner, term: 2, forks });
    await trio.see(winner, ({ followers, firstOffset }) =>
      followers.some((f) => f.offset >= (firstOffset ?? Infinity)),
    );
    const reader = await trio.client(winner);
    assert.deepEqual(await missingIn(reader, writer.acknowledged), []);
    await reader.end();
    await trio.do("a", { do: "stop", how: "kill", because: "its term is over" });
    assert.deepEqual([(await trio.look("a")).state, (await trio.look("a")).position], ["stopped", null]);
    t.diagnostic(`${winner} took over from a`);
    await rejoin(trio, "a", winner, 2, forks, true);
    if (winner === "c") await switchOver(trio, "c", "b", "a", 3);
  });

  await t.test("a planned change of the primary needs no rewind", async () => {
    const primary = (await trio.look("b")).state === "primary" ? "b" : "c";
    const term = (await trio.look(primary)).term ?? 0;
    const [next, other] = ["a", "b", "c"].filter((name) => name !== primary) as [string, string];
    const { incarnation } = await trio.look(primary);
    forks = await switchOver(trio, primary, next, other, term + 1);
    assert.equal((await trio.look(primary)).incarnation, incarnation);
  });

  await t.test("the death of the main process rings at once, here and at the others", async () => {
    const primary = (await primaryOf(trio)) ?? "";
    const other = ["a", "b", "c"].find((name) => name !== primary) ?? "";
    const [here, there] = [await trio.member(primary), await trio.member(other)];
    await here.look();
    there.observe(primary);
    await pause(600);
    const bells = Promise.all([bellOf(here, 1000), bellOf(there, 1000)]);
    process.kill(await trio.postmaster(primary), "SIGKILL");
    const [atHome, elsewhere] = await bells;
    t.diagnostic(`bell after ${atHome.toFixed(1)} ms, elsewhere after ${elsewhere.toFixed(1)} ms`);
    assert.ok(Math.max(atHome, elsewhere) < 200);
    await trio.see(primary, ({ state }) => state === "stopped", 1000);
    await trio.see(other, ({ receiving }) => receiving?.streaming === false, 1000);
    assert.equal(await there.probe(primary, 500), "refused");
    there.observe(null);
  });
});

async function primaryOf(trio: Trio): Promise<string | undefined> {
  for (const name of ["a", "b", "c"]) if ((await trio.look(name)).state === "primary") return name;
  return undefined;
}

/** A former primary comes back; by a rewind exactly if its data has left the history. */
async function rejoin(
  trio: Trio,
  name: string,
  from: string,
  term: number,
  forks: readonly Fork[],
  hasMore: boolean,
): Promise<void> {
  await trio.do(name, { do: "start" });
  const { position, incarnation } = await trio.see(name, (look) => look.position !== null);
  assert.equal(position !== null && hasDiverged(position, forks), hasMore);
  if (hasMore) {
    await assert.rejects(trio.do(name, { do: "follow", from, term, forks }), /must be rewound or cloned/);
    await trio.do(name, { do: "rewind", from, term, forks });
    assert.notEqual((await trio.look(name)).incarnation, incarnation);
    await trio.do(name, { do: "start" });
  }
  await trio.do(name, { do: "follow", from, term, forks });
  await trio.see(name, ({ receiving }) => receiving?.streaming === true);
}

/** Rule 11 of the protocol, by hand. */
async function switchOver(
  trio: Trio,
  old: string,
  next: string,
  other: string,
  term: number,
): Promise<readonly Fork[]> {
  const client = await trio.client(old);
  const before = (await trio.look(old)).term ?? 0;
  await trio.do(old, { do: "set-rule", term: before, rule: await trio.rule(1, next, other) });
  await client.query("INSERT INTO written SELECT coalesce(max(id), 0) + 1 FROM written");
  assert.equal((await trio.look(old)).busyClients, 0);
  await client.query("BEGIN");
  assert.equal((await trio.look(old)).busyClients, 1);
  await client.query("ROLLBACK");
  await trio.do(old, { do: "prepare-stop" });
  await trio.do(old, { do: "stop", how: "clean", because: "a switchover" });
  const { state, position } = await trio.look(old);
  assert.equal(state, "stopped");
  await Promise.all([trio.do(next, { do: "seal" }), trio.do(other, { do: "seal" })]);
  assert.deepEqual((await trio.look(next)).position, position);
  assert.deepEqual((await trio.look(other)).position, position);
  const forks = await trio.promote(next, term, await trio.rule(1, other));
  await trio.do(other, { do: "follow", from: next, term, forks });
  await rejoin(trio, old, next, term, forks, false);
  await trio.see(next, ({ followers, firstOffset }) => followers.every((f) => f.offset >= (firstOffset ?? Infinity)));
  return forks;
}
