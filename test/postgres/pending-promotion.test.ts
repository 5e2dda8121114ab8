import assert from "node:assert/strict";
import { test } from "node:test";
import { ALONE } from "../../src/core/commit-rule.ts";
import { processesIn, sendSignal } from "../../src/host/processes.ts";
import { commandOf } from "../e2e/agents-by-hand.ts";
import { Trio } from "./trio.ts";

/** The process that replays: held up, it does not hear that it shall end recovery. */
async function startupProcessOf(trio: Trio, member: string): Promise<number> {
  const pids = await processesIn(trio.members[member]?.data ?? "");
  const found = pids.find((pid) => commandOf(pid).includes("startup"));
  assert.ok(found, "the process that replays");
  return found;
}

test("a promotion that is still to come does not come after its member has sealed", { timeout: 60_000 }, async () => {
  await using trio = await Trio.make(["a"]);
  await trio.do("a", { do: "create" });
  await trio.do("a", { do: "start" });
  const { position: before } = await trio.see("a", ({ position }) => position !== null);
  const startup = await startupProcessOf(trio, "a");
  sendSignal(startup, "SIGSTOP");
  // The agent that asked for it is gone before it comes.
  const asked = trio.promote("a", 1, ALONE).catch((error: Error) => error.name);
  await new Promise((resolve) => setTimeout(resolve, 300));
  const earlier = await trio.member("a");
  await trio.member("a", true);
  const { position, receiving } = await trio.look("a");
  assert.deepEqual([position, receiving?.from], [null, "?"], "where its data ends is not known");

  await trio.do("a", { do: "seal" });
  sendSignal(startup, "SIGCONT");
  const sealed = await trio.see("a", (look) => look.position !== null);
  assert.deepEqual([sealed.state, sealed.receiving], ["standby", null]);
  assert.equal(sealed.position?.offset, before?.offset);
  await new Promise((resolve) => setTimeout(resolve, 500));
  assert.equal((await trio.look("a")).state, "standby");
  await earlier.close();
  await asked;
});
