import assert from "node:assert/strict";
import { test } from "node:test";
import { unknownView, type RouteView } from "../route.ts";
import { readOnly, readWrite, type Load } from "./choice.ts";

const steady: RouteView = {
  ...unknownView("db"),
  isFresh: true,
  needsStandbys: false,
  isCold: false,
  term: 4,
  primary: "a",
  open: true,
  readers: ["b", "c"],
  tolerated: ["b", "c"],
};

function load(connections: Record<string, number> = {}, refusing: readonly string[] = [], dialling = false): Load {
  return {
    connectionsTo: (member) => connections[member] ?? 0,
    standingWith: (member) => (dialling ? 0 : (connections[member] ?? 0)),
    mayTry: (member) => !refusing.includes(member),
  };
}

const choices: readonly [string, Partial<RouteView>, Load, string | null, string | null][] = [
  // what is true, the view, the load, where writers go, where readers go (null: they wait)
  ["all is well", {}, load(), "a", "b"],
  ["one standby has more connections", {}, load({ b: 2, c: 1 }), "a", "c"],
  ["the store does not answer", { isFresh: false }, load(), null, "b"],
  ["the store is away, writes need a standby", { isFresh: false, needsStandbys: true }, load(), null, "b"],
  ["the same, of a cold member", { isFresh: false, isCold: true }, load(), null, "b"],
  ["and a connection to it still stands", { isFresh: false, isCold: true }, load({ a: 1 }), "a", "b"],
  ["and a connection still stands", { isFresh: false, needsStandbys: true }, load({ a: 1 }), "a", "b"],
  ["and one is only being made", { isFresh: false, needsStandbys: true }, load({ a: 1 }, [], true), null, "b"],
  ["nobody is primary", { primary: null, open: false }, load(), null, "b"],
  ["the primary is not open", { open: false }, load(), null, "b"],
  ["a switchover was asked for", { switchover: "requested" }, load(), "a", "b"],
  ["a switchover drains", { switchover: "draining" }, load(), null, "b"],
  ["the primary refuses", {}, load({}, ["a"]), null, "b"],
  ["a standby refuses", {}, load({}, ["b"]), "a", "c"],
  ["no standby streams", { readers: [] }, load(), "a", "a"],
  ["all standbys refuse", {}, load({}, ["b", "c"]), "a", "a"],
  ["no standby, no primary", { readers: [], primary: null }, load(), null, null],
];

for (const [name, change, members, writers, readers] of choices) {
  test(`a new client is brought to the right member when ${name}`, () => {
    const view = { ...steady, ...change };
    const to = (choice: ReturnType<typeof readWrite.choose>): string | null =>
      "to" in choice ? choice.to.member : null;
    assert.equal(to(readWrite.choose(view, members)), writers);
    assert.equal(to(readOnly.choose(view, members)), readers);
  });
}

const judgements: readonly [string, Partial<RouteView>, string, string, string][] = [
  // what is true, the view, the member, what becomes of its writers, of its readers
  ["all is well", {}, "a", "keep", "keep"],
  ["the store does not answer", { isFresh: false }, "a", "keep", "keep"],
  ["another member is primary", { primary: "b", tolerated: ["c"] }, "a", "cut", "cut"],
  ["the same member has a later term", { term: 5 }, "a", "cut", "keep"],
  ["nobody is primary", { primary: null, open: false }, "a", "cut", "cut"],
  ["the primary is not open", { open: false }, "a", "cut", "keep"],
  ["a switchover was asked for", { switchover: "requested" }, "a", "keep", "keep"],
  ["a switchover drains", { switchover: "draining" }, "a", "drain", "drain"],
  ["a switchover was handed over", { switchover: "handed-over", primary: null, open: false }, "a", "cut", "cut"],
  ["a standby streams", {}, "b", "cut", "keep"],
  ["a standby has stopped streaming a moment ago", { readers: ["c"] }, "b", "cut", "keep"],
  ["a standby has not streamed for long", { readers: ["c"], tolerated: ["c"] }, "b", "cut", "cut"],
  ["a standby has become primary", { primary: "b", term: 5, tolerated: ["c"] }, "b", "cut", "keep"],
  ["a switchover drains another member", { switchover: "draining" }, "b", "cut", "keep"],
];

for (const [name, change, member, writers, readers] of judgements) {
  test(`a connection to "${member}" is judged rightly when ${name}`, () => {
    const view = { ...steady, ...change };
    assert.equal(readWrite.judge(view, { member, term: 4 }), writers);
    assert.equal(readOnly.judge(view, { member, term: 4 }), readers);
  });
}

test("a request to cancel goes to whoever may have the connection", () => {
  assert.deepEqual(readWrite.cancelTargets(steady, load()), ["a"]);
  assert.deepEqual(readWrite.cancelTargets({ ...steady, switchover: "draining" }, load()), ["a"]);
  assert.deepEqual(readWrite.cancelTargets({ ...steady, open: false }, load()), []);
  assert.deepEqual(readOnly.cancelTargets(steady, load({ a: 1, c: 2 })), ["c", "a"]);
});

test("a connection that comes about once the view is old is given up, unless another one stands", () => {
  const old = { ...steady, isFresh: false, needsStandbys: true };
  const target = { member: "a", term: 4 };
  assert.equal(readWrite.mayJoin(steady, load(), target), true);
  assert.equal(readWrite.mayJoin(old, load({ a: 2 }, [], true), target), false);
  assert.equal(readWrite.mayJoin(old, load({ a: 2 }), target), true);
  assert.equal(readWrite.mayJoin({ ...old, needsStandbys: false }, load({ a: 2 }), target), false);
  assert.equal(readOnly.mayJoin(old, load(), { member: "b", term: 4 }), true);
  assert.equal(readOnly.mayJoin(old, load(), target), false);
});
