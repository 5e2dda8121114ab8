import assert from "node:assert/strict";
import { test } from "node:test";
import { Failure, UnknownOutcome } from "../../src/lib/failure.ts";
import { setting, sleep, Workspace } from "./workspace.ts";

const BIG = "x".repeat(20_000_000);

test("a change whose answer comes too late is of unknown outcome, a read fails; what is read later is final", async () => {
  await using work = await Workspace.make();
  const hasty = await work.open({ deadlineMs: 2 });
  const patient = await work.open({ deadlineMs: 8000 });
  await assert.rejects(hasty.transact(setting({ big: BIG })), UnknownOutcome);
  await assert.rejects(hasty.list(""), Failure);
  const entry = await until(
    () => patient.read(["big"]),
    ([big]) => big?.value !== null,
  );
  assert.equal(entry[0]?.value?.length, BIG.length);
});

test("a writer that was stopped in the middle stops all changes, no read, and no event loop", async () => {
  await using work = await Workspace.make();
  const deadlineMs = 300;
  const store = await work.open({ deadlineMs });
  await store.transact(setting({ a: "1" }));
  const holder = work.run("lock-holder.ts", [work.file]);
  await holder.line("locked");
  holder.process.kill("SIGSTOP");

  const late = lateness();
  const at = performance.now();
  const change = store.transact(setting({ a: "2" }));
  await assert.rejects(
    change,
    (error: Error) => error instanceof Failure && /another process holds its lock/.test(error.message),
  );
  assert.ok(performance.now() - at < deadlineMs + 100);
  assert.ok(late() < 100, `the event loop was ${late()} ms late`);
  assert.equal((await store.read(["a"]))[0]?.value, "1");

  await holder.kill();
  const result = await store.transact(setting({ a: "3" }));
  assert.equal(result.applied, true);
  assert.deepEqual(
    (await store.list("")).map(({ key, value }) => [key, value]),
    [["a", "3"]],
  );
});

test("close() settles what is under way, at once", async () => {
  await using work = await Workspace.make();
  const store = await work.open({ deadlineMs: 20_000 });
  const holder = work.run("lock-holder.ts", [work.file]);
  await holder.line("locked");
  const change = assert.rejects(store.transact(setting({ a: "1" })), Failure);
  await sleep(20);
  const at = performance.now();
  await Promise.all([store.close(), change]);
  assert.ok(performance.now() - at < 400);
});

/** Measures how late timers are from now on. */
function lateness(): () => number {
  let worst = 0;
  let last = performance.now();
  const timer = setInterval(() => {
    const now = performance.now();
    worst = Math.max(worst, now - last - 5);
    last = now;
  }, 5);
  return () => {
    clearInterval(timer);
    return worst;
  };
}

async function until<T>(look: () => Promise<T>, found: (seen: T) => boolean): Promise<T> {
  const endAt = performance.now() + 10_000;
  for (;;) {
    const seen = await look();
    if (found(seen) || performance.now() > endAt) return seen;
    await sleep(20);
  }
}
