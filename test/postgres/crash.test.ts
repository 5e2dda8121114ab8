import assert from "node:assert/strict";
import { test } from "node:test";
import { ALONE } from "../../src/core/commit-rule.ts";
import { sendSignal } from "../../src/host/processes.ts";
import { pause, Trio } from "./trio.ts";

test("a crash at any moment of a promotion leaves a standby that knows whose its entries are", async (t) => {
  await using trio = await Trio.make(["a"]);
  await trio.do("a", { do: "create" });
  await trio.do("a", { do: "start" });
  let term = 0;
  for (const afterMs of [0, 6, 12, 18, 24, 36]) {
    term++;
    const { position: before } = await trio.see("a", ({ position }) => position !== null);
    const promotion = trio.promote("a", term, ALONE).then(
      () => "promoted",
      (error: Error) => error.name,
    );
    await pause(afterMs);
    sendSignal(await trio.postmaster("a"), "SIGKILL");
    const how = await promotion;
    assert.match(how, /^(promoted|Failure)$/);
    await trio.do("a", { do: "stop", how: "kill", because: "it has crashed" });
    await trio.do("a", { do: "start" });
    const { state, position, forks, problem } = await trio.see("a", (look) => look.position !== null);
    t.diagnostic(`killed after ${afterMs} ms: ${how}, then at ${position?.offset} in term ${position?.term}`);
    assert.deepEqual([state, problem], ["standby", null]);
    const hasMore = (position?.offset ?? 0) > (before?.offset ?? Infinity);
    assert.equal(position?.term, hasMore ? term : before?.term);
    if (hasMore) assert.deepEqual(forks.at(-1), { term, offset: before?.offset });
  }
});
