import assert from "node:assert/strict";
import { readdir, readFile } from "node:fs/promises";
import { test } from "node:test";
import { ALONE } from "../../src/core/commit-rule.ts";
import { processesIn, sendSignal } from "../../src/host/processes.ts";
import { pause, Trio } from "./trio.ts";
import { Writer } from "./writer.ts";

test("processes that are stopped", { timeout: 90_000 }, async (t) => {
  await using trio = await Trio.make(["a", "b"]);
  await trio.do("a", { do: "create" });
  await trio.do("a", { do: "start" });
  const forks = await trio.promote("a", 1, ALONE);
  await trio.do("b", { do: "clone", from: "a", term: 1, forks });
  await trio.do("b", { do: "start" });
  await trio.do("b", { do: "follow", from: "a", term: 1, forks });
  await trio.see("a", ({ followers }) => followers.some((f) => f.streaming));
  await trio.do("a", { do: "set-rule", term: 1, rule: await trio.rule(1, "b") });

  await t.test(
    "while what replays is stopped, a seal still ends the acknowledgements, and claims no position",
    async () => {
      const client = await trio.client("a");
      await client.query("CREATE TABLE written (id int PRIMARY KEY)");
      const startup = await processNamed(trio.dataOf("b"), "startup");
      const writer = new Writer(client);
      await pause(100);
      process.kill(startup, "SIGSTOP");
      try {
        await pause(100);
        const before = writer.acknowledged.length;
        assert.ok(before > 10);
        await assert.rejects(trio.do("b", { do: "seal" }), /not replayed yet/);
        assert.equal((await trio.look("b")).position, null);
        const sealed = writer.acknowledged.length;
        await pause(300);
        assert.equal(writer.acknowledged.length, sealed);
        assert.equal((await trio.look("b")).receiving, null);
      } finally {
        process.kill(startup, "SIGCONT");
      }
      const { position } = await trio.see("b", (look) => look.position !== null, 2000);
      assert.equal(position?.term, 1);
      await pause(100);
      assert.deepEqual((await trio.look("b")).position, position);
      await trio.do("b", { do: "follow", from: "a", term: 1, forks });
      await trio.see("a", ({ followers, offset }) => followers.some((f) => f.offset >= (offset ?? 0)));
      await writer.stop(client);
    },
  );

  await t.test("a main process that is stopped alone makes it hung in a bounded time", async () => {
    const pid = await trio.postmaster("a");
    process.kill(pid, "SIGSTOP");
    const beganAt = performance.now();
    try {
      await trio.see("a", ({ state }) => state === "hung", 2000);
      t.diagnostic(`hung after ${(performance.now() - beganAt).toFixed(0)} ms`);
    } finally {
      process.kill(pid, "SIGCONT");
    }
    assert.ok(performance.now() - beganAt < 1500);
    await trio.see("a", ({ state }) => state === "primary", 2000);
  });

  await t.test("so do all of its processes, and they can be ended for good", async () => {
    const pids = await processesIn(trio.dataOf("a"));
    for (const pid of pids) sendSignal(pid, "SIGSTOP");
    const beganAt = performance.now();
    const look = await trio.see("a", ({ state }) => state === "hung", 2000);
    const tookMs = performance.now() - beganAt;
    t.diagnostic(`hung after ${tookMs.toFixed(0)} ms`);
    assert.ok(tookMs < 1000);
    assert.match(look.problem ?? "", /does not answer/);
    await trio.do("a", { do: "stop", how: "kill", because: "it does not answer" });
    assert.equal((await trio.look("a")).state, "stopped");
  });
});

async function processNamed(data: string, kind: string): Promise<number> {
  const pids = await processesIn(data);
  for (const pid of pids) if ((await readFile(`/proc/${pid}/cmdline`, "utf8")).includes(kind)) return pid;
  throw new Error(`no ${kind} among ${pids.join(", ")} of ${(await readdir("/proc")).length} processes`);
}
