import assert from "node:assert/strict";
import { test } from "node:test";
import type { EventKind, GroupEvent } from "../core/event.ts";
import { describePhases, medianPhases, phasesOf } from "./takeover-phases.ts";

const event = (kind: EventKind, atMs: number): GroupEvent => ({
  id: `${atMs}`,
  atMs,
  group: "main",
  node: "b",
  term: 1,
  kind,
  rule: "",
  because: "",
  details: {},
});

test("phasesOf() tells the first takeover behind the injection", () => {
  const events = [
    event("taken", 900),
    event("opened", 990),
    event("suspected", 1012),
    event("sealed", 1030),
    event("sealed", 1031.26),
    event("taken", 1040),
    event("promoted", 1080),
    event("opened", 1095),
    event("sealed", 2000),
    event("taken", 2010),
  ];
  assert.deepEqual(phasesOf(events, 1000, 101), {
    detected: 12,
    sealed: 31.3,
    taken: 40,
    promoted: 80,
    opened: 95,
    firstCommit: 101,
  });
});

test("phasesOf() is empty without a takeover", () => {
  assert.deepEqual(phasesOf([event("suspected", 1010), event("unsealed", 1500)], 1000, 3), {});
});

test("medianPhases() takes each phase where it took place", () => {
  assert.deepEqual(medianPhases([{ taken: 10 }, { taken: 30, opened: 7 }, { taken: 20 }, {}]), {
    taken: 20,
    opened: 7,
  });
});

test("describePhases() keeps the order of the story", () => {
  assert.equal(describePhases({ opened: 95.4, detected: 12 }), "detected 12, opened 95");
});
