import assert from "node:assert/strict";
import { test } from "node:test";
import { NONE_DROPPED } from "./heartbeats.ts";
import { StrangePackets } from "./strange-packets.ts";

test("StrangePackets tells of a wrong key while such packets arrive, and for a while after", () => {
  const strange = new StrangePackets();
  strange.count({ ...NONE_DROPPED, old: 3, unverified: 2 }, 0);
  assert.equal(strange.problem(1), null, "these are nobody's mistake");
  strange.count({ ...NONE_DROPPED, "wrong-key": 1 }, 1000);
  strange.count({ ...NONE_DROPPED, "wrong-key": 1 }, 9000);
  assert.match(strange.problem(10_900) ?? "", /another key/);
  assert.equal(strange.problem(11_001), null);
});
