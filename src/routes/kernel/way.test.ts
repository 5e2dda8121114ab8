import assert from "node:assert/strict";
import { test } from "node:test";
import type { Address } from "../../config/config.ts";
import { unknownView, type RouteView } from "../route.ts";
import { directReadOnly, directReadWrite, type Knowledge } from "./way.ts";

const at: Readonly<Record<string, Address>> = {
  a: { host: "10.0.0.1", port: 5441 },
  b: { host: "10.0.0.2", port: 5442 },
  c: { host: "10.0.0.3", port: 5443 },
};
const knowing = (standing = 0): Knowledge => ({
  addressOf: (member) => at[member] ?? null,
  standingIn: () => standing,
});
const steady: RouteView = { ...unknownView("db"), isFresh: true, term: 7, primary: "a", open: true };

test("directReadWrite() leads to the open primary of the term, and lets those of that term stay", () => {
  const cases: readonly [
    what: string,
    view: Partial<RouteView>,
    standing: number,
    to: string[],
    stay: number | null,
  ][] = [
    ["an open primary", {}, 0, ["a"], 7],
    ["nobody", { primary: null, open: false }, 9, [], null],
    ["not open", { open: false }, 9, [], null],
    ["a switchover", { switchover: "draining" }, 9, [], 7],
    ["old knowledge", { isFresh: false }, 9, [], 7],
    ["old knowledge, and nothing is acknowledged alone", { isFresh: false, needsStandbys: true }, 1, ["a"], 7],
    ["the same without a connection that stands", { isFresh: false, needsStandbys: true }, 0, [], 7],
    ["the same of one that is not open", { isFresh: false, needsStandbys: true, open: false }, 1, [], null],
    ["nobody knows where it is", { primary: "x" }, 0, [], 7],
  ];
  for (const [what, view, standing, to, stay] of cases) {
    const { way, members, hold } = directReadWrite({ ...steady, ...view }, knowing(standing), false);
    assert.deepEqual([members, way.stay, hold === null], [to, { mark: stay }, to.length > 0], what);
    assert.deepEqual(
      way.to,
      to.map((member) => at[member]),
      what,
    );
  }
});

test("directReadOnly() leads to all readers, without one to the primary, and lets those stay whose member is tolerated", () => {
  const reading = { readers: ["b", "c"], tolerated: ["b", "c"] };
  const way = (view: Partial<RouteView>) => directReadOnly({ ...steady, ...view }, knowing(), false);
  assert.deepEqual(way(reading).members, ["b", "c"]);
  assert.deepEqual(way(reading).way.stay, { members: [at["b"], at["c"], at["a"]] });
  assert.deepEqual(way({ ...reading, readers: ["c"] }).members, ["c"]);
  assert.deepEqual(way({ ...reading, readers: ["c"] }).way.stay, { members: [at["b"], at["c"], at["a"]] });
  assert.deepEqual(way({}).members, ["a"]);
  assert.deepEqual(way({ ...reading, isFresh: false }).members, ["b", "c"]);
  assert.deepEqual(way({ isFresh: false }).members, []);
});
