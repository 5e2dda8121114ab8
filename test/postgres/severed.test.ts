import assert from "node:assert/strict";
import { test } from "node:test";
import { ALONE } from "../../src/core/commit-rule.ts";
import { pause, Trio } from "./trio.ts";

/** The server tries again to receive each 100 ms, by the settings of before, until they are taken out. */
const SOME_TRIES_MS = 300;

test("a sealed member receives nothing by the settings of before", { timeout: 60_000 }, async (t) => {
  await using trio = await Trio.make(["a", "b", "c"]);
  await trio.do("a", { do: "create" });
  await trio.do("a", { do: "start" });
  const forks = await trio.promote("a", 1, ALONE);
  for (const name of ["b", "c"]) {
    await trio.do(name, { do: "clone", from: "a", term: 1, forks });
    await trio.do(name, { do: "start" });
    await trio.do(name, { do: "follow", from: "a", term: 1, forks });
    await trio.see(name, ({ receiving }) => receiving?.streaming === true);
  }
  const follows = async (name: string, withinMs: number): Promise<boolean> => {
    const endAt = performance.now() + withinMs;
    while (performance.now() < endAt) {
      if ((await trio.look("a")).followers.some(({ member }) => member === name)) return true;
      await pause(2);
    }
    return false;
  };

  await t.test("not even with the password for another server, which the next one to follow comes with", async () => {
    await trio.do("c", { do: "seal" });
    assert.equal((await trio.look("c")).receiving, null);
    await trio.givePassword("c", "b");
    assert.equal(await follows("c", SOME_TRIES_MS), false);
  });

  await t.test("it would with the password for that server: so the tries are real", async () => {
    await trio.do("c", { do: "seal" });
    await trio.givePassword("c", "a");
    assert.equal(await follows("c", SOME_TRIES_MS), true);
  });

  await t.test("after a moment it does not even try", async () => {
    await trio.do("c", { do: "seal" });
    await pause(1000);
    await trio.givePassword("c", "a");
    assert.equal(await follows("c", SOME_TRIES_MS), false);
  });
});
