import assert from "node:assert/strict";
import { test, type TestContext } from "node:test";
import { systemClock } from "../../src/agent/system-clock.ts";
import { SessionKeeper } from "../../src/agent/session-keeper.ts";
import { timingOf } from "../../src/core/timing.ts";
import { sleep } from "../../src/lib/clock.ts";
import { MemoryData, MemoryStore } from "../../src/store/memory.ts";

const LEASE_MS = 600;
const HOME = "host:/srv/a";

interface Life {
  readonly session: SessionKeeper;
  readonly said: string[];
  readonly stolen: string[];
}

function life(t: TestContext, data: MemoryData, id: string, machine: string, home = HOME): Life {
  const said: string[] = [];
  const stolen: string[] = [];
  const session = new SessionKeeper({
    node: "a",
    home,
    machine,
    version: "0",
    api: null,
    store: new MemoryStore(data),
    clock: systemClock,
    timing: timingOf(LEASE_MS),
    newId: () => id,
    held: () => [],
    reports: () => ({}),
    onChange: () => undefined,
    onStolen: (text) => stolen.push(text),
    log: (text) => said.push(text),
  });
  t.after(() => session.close());
  return { session, said, stolen };
}

test("an agent that restarts on its machine goes on at once", async (t) => {
  const data = new MemoryData("store");
  const first = life(t, data, "1", "run 1");
  await first.session.renew();
  first.session.close();
  const second = life(t, data, "2", "run 1");
  await second.session.renew();
  assert.ok(second.session.endsAtMs > systemClock.nowMs());
  assert.deepEqual(second.stolen, []);
});

test("a copy of a machine, or another host with the name, is refused, and the original is not disturbed", async (t) => {
  for (const [machine, home, says] of [
    ["run 2", HOME, /calls itself "a" \(on host:\/srv\/a, of a copy of this machine\)/],
    ["run 1", "other:/srv/a", /calls itself "a" \(on host:\/srv\/a\)/],
  ] as const) {
    const data = new MemoryData("store");
    const original = life(t, data, "1", "run 1");
    await original.session.renew();
    const copy = life(t, data, "2", machine, home);
    await copy.session.renew();
    for (let i = 0; i < 20 && copy.stolen.length === 0; i++) await sleep(systemClock, 50);
    copy.session.close();
    assert.match(copy.stolen[0] ?? "nothing", says);
    assert.equal(copy.session.endsAtMs, 0);
    await sleep(systemClock, LEASE_MS);
    assert.deepEqual(original.stolen, []);
    assert.ok(original.session.endsAtMs > systemClock.nowMs());
    original.session.close();
  }
});

test("after a machine was started again its agent waits only until the session of before has run out", async (t) => {
  const data = new MemoryData("store");
  const before = life(t, data, "1", "run 1");
  await before.session.renew();
  before.session.close();
  const after = life(t, data, "2", "run 2");
  await after.session.renew();
  assert.equal(after.session.endsAtMs, 0);
  for (let i = 0; i < 60 && after.session.endsAtMs === 0; i++) await sleep(systemClock, 50);
  assert.ok(after.session.endsAtMs > systemClock.nowMs());
  assert.deepEqual(after.stolen, []);
});
