import assert from "node:assert/strict";
import { test } from "node:test";
import { follower, PRIMARY } from "../../test/support/views.ts";
import { afterHeartbeat, afterRunning, type Heard } from "./heard.ts";
import { isSilent, withoutLost } from "./lost-followers.ts";
import type { ServiceLook } from "./service-look.ts";
import { PROFILES, timingOf } from "./timing.ts";

const TIMING = timingOf(PROFILES.balanced);
const SPOKE = afterHeartbeat(
  null,
  { session: "s", hearsUs: true, deafMs: 0, stuckMs: 0, asks: [], promises: [] },
  0,
  TIMING,
);
const SILENT = { b: afterRunning(SPOKE, 900, 900) };

/** What becomes of "b", which has 90 of the primary's 100. */
function streams(change: {
  readonly heard?: Readonly<Record<string, Heard>>;
  readonly offset?: number;
  readonly before?: number;
  readonly state?: ServiceLook["state"];
}): boolean {
  const { heard = SILENT, offset = 90, before = offset, state = "primary" } = change;
  const at = (of: number): ServiceLook => ({
    ...PRIMARY,
    state,
    offset: 100,
    followers: [follower("b", { offset: of }), follower("c", { offset: 100 })],
  });
  const after = withoutLost(at(offset), at(before), heard, TIMING);
  assert.ok(after.followers.some(({ member, streaming }) => member === "c" && streaming));
  return after.followers.some(({ member, streaming }) => member === "b" && streaming);
}

test("a follower is lost when its agent is silent and what it lacks does not arrive", () => {
  assert.equal(streams({}), false);
});

test("one sign alone is not enough", () => {
  assert.equal(streams({ heard: { b: SPOKE } }), true, "its agent speaks");
  assert.equal(streams({ heard: {} }), true, "there are no heartbeats");
  assert.equal(streams({ before: 80 }), true, "it has acknowledged something");
  assert.equal(streams({ offset: 100 }), true, "it lacks nothing");
});

test("only a primary has followers to lose", () => {
  assert.equal(streams({ state: "stopping" }), true);
});

test("whoever was never heard is not silent", () => {
  assert.equal(isSilent(undefined, TIMING), false);
  assert.equal(isSilent(SPOKE, TIMING), false);
  assert.equal(isSilent(SILENT.b, TIMING), true);
});
