import assert from "node:assert/strict";
import { test, type TestContext } from "node:test";
import { systemClock } from "../agent/system-clock.ts";
import { keys } from "../core/keys.ts";
import { founded, openTerm, take, vacate, type GroupRecord } from "../core/record.ts";
import { commitRule } from "../core/commit-rule.ts";
import type { MemberReport, SessionValue } from "../core/session.ts";
import { sleep } from "../lib/clock.ts";
import { MemoryData, MemoryStore, type Hop } from "../store/memory.ts";
import { followRecord } from "./follow-record.ts";
import type { RouteView } from "./route.ts";

const LEASE_MS = 120;
const copy = { member: "a", incarnation: "1" };
const vacant = founded("db", ["a", "b"], copy, { term: 0, offset: 0 }, [], "id", "test");
const taken = take(vacant, copy, "s", { term: 0, offset: 0 }, [], commitRule(0, []), "test");
const opened = openTerm(taken, "test");

test("followRecord() tells what the record says, at once after each change", async (t) => {
  const { write, views, settled } = follow(t);
  await write(keys.group("db"), vacant);
  await settled();
  assert.deepEqual(summary(views.at(-1)), [0, null, false, true]);
  await write(keys.group("db"), opened);
  await settled();
  assert.deepEqual(summary(views.at(-1)), [1, "a", true, true]);
  await write(keys.group("db"), vacate(opened, null, "test"));
  await settled();
  assert.deepEqual(summary(views.at(-1)), [1, null, false, true]);
});

test("followRecord() keeps its view while the store does not answer, and calls it stale after a lease", async (t) => {
  const { write, views, settled, setReachable } = follow(t);
  await write(keys.group("db"), opened);
  await settled();
  setReachable(false);
  await sleep(systemClock, LEASE_MS / 2);
  assert.deepEqual(summary(views.at(-1)), [1, "a", true, true]);
  await sleep(systemClock, LEASE_MS);
  assert.deepEqual(summary(views.at(-1)), [1, "a", true, false]);
  setReachable(true);
  await sleep(systemClock, LEASE_MS / 2);
  assert.deepEqual(summary(views.at(-1)), [1, "a", true, true]);
});

test("followRecord() takes an answer that was a lease on its way for as old as it is", async (t) => {
  const { write, views, settled, setReachable } = follow(t);
  await write(keys.group("db"), opened);
  await settled();
  setReachable(false);
  await write(keys.group("db"), vacate(opened, null, "test"));
  await sleep(systemClock, LEASE_MS * 1.5);
  const before = views.length;
  setReachable(true);
  await new Promise(setImmediate);
  assert.deepEqual(summary(views[before]), [1, null, false, false]);
});

test("followRecord() does not follow a record that is older than one seen before", async (t) => {
  const { write, views, settled } = follow(t);
  await write(keys.group("db"), opened);
  await settled();
  await write(keys.group("db"), vacant);
  await settled();
  assert.deepEqual(summary(views.at(-1)), [1, "a", true, true]);
  await sleep(systemClock, LEASE_MS + 30);
  assert.deepEqual(summary(views.at(-1)), [1, "a", true, false]);
});

test("followRecord() knows from the sessions who can be read from", async (t) => {
  const { write, views, settled } = follow(t);
  await write(keys.group("db"), opened);
  await write(keys.session("b"), session(1, { streaming: true }));
  await settled();
  assert.deepEqual([views.at(-1)?.readers, views.at(-1)?.tolerated], [["b"], ["b"]]);
  await write(keys.session("b"), session(2, { streaming: false }));
  await settled();
  assert.deepEqual([views.at(-1)?.readers, views.at(-1)?.tolerated], [[], ["b"]]);
  await sleep(systemClock, LEASE_MS + 40);
  assert.deepEqual([views.at(-1)?.readers, views.at(-1)?.tolerated], [[], []]);
  await write(keys.session("b"), session(3, { streaming: true, health: "down" }));
  await settled();
  assert.deepEqual(views.at(-1)?.readers, []);
  await write(keys.session("b"), session(4, { streaming: true }));
  await settled();
  assert.deepEqual(views.at(-1)?.readers, ["b"]);
  await sleep(systemClock, LEASE_MS + 80);
  assert.deepEqual([views.at(-1)?.readers, views.at(-1)?.tolerated], [[], []], "its agent tells nothing any more");
});

function follow(t: TestContext): {
  write: (key: string, value: GroupRecord | SessionValue) => Promise<void>;
  views: RouteView[];
  settled: () => Promise<void>;
  setReachable: (isReachable: boolean) => void;
} {
  let isReachable = true;
  const waiting: (() => void)[] = [];
  const hop: Hop = (then) => (isReachable ? queueMicrotask(then) : waiting.push(then));
  const data = new MemoryData("store");
  const writer = new MemoryStore(data, queueMicrotask);
  const views: RouteView[] = [];
  const stop = followRecord({
    store: new MemoryStore(data, hop),
    clock: systemClock,
    group: "db",
    members: ["a", "b"],
    leaseMs: LEASE_MS,
    tell: (view) => views.push(view),
    log: () => undefined,
  });
  t.after(stop);
  return {
    async write(key, value) {
      await writer.transact({ expect: [], write: [{ key, value: JSON.stringify(value) }] });
    },
    views,
    settled: () => sleep(systemClock, 5),
    setReachable(now) {
      isReachable = now;
      if (now) for (const then of waiting.splice(0)) then();
    },
  };
}

function session(seq: number, report: Partial<MemberReport>): SessionValue {
  const member: MemberReport = {
    state: "standby",
    health: "up",
    incarnation: "2",
    offset: 0,
    streaming: false,
    work: null,
    problem: null,
    guard: "",
    ...report,
  };
  return { format: 1, id: "s", node: "b", home: "", seq, version: "1", api: null, members: { db: member } };
}

function summary(view: RouteView | undefined): unknown[] {
  return [view?.term, view?.primary, view?.open, view?.isFresh];
}
