import assert from "node:assert/strict";
import { test } from "node:test";
import type { Place } from "./instance.ts";
import type { Sender, ServerState } from "./server-state.ts";
import { standbyName } from "./standby-name.ts";
import { StillFollowers } from "./still-followers.ts";

const place = {
  members: { b: { host: "10.0.0.2", port: 5432 }, c: { host: "10.0.0.3", port: 5432 } },
} as unknown as Place;

function senderOf(member: string, flushOffset: number | null, state = "streaming"): Sender {
  const name = standbyName({ member, incarnation: "0123456789abcdef" }, 1);
  return { pid: 1, name, state, flushOffset, syncPriority: 1 };
}

function seen(flushOffset: number, ...senders: readonly Sender[]): ServerState {
  return { flushOffset, senders } as unknown as ServerState;
}

test("a standby that is connected, lacks something and acknowledges nothing for 3 s is named, with what to try", () => {
  const still = new StillFollowers();
  assert.equal(still.observe(place, seen(1000, senderOf("b", 500), senderOf("c", 900)), 0), null);
  assert.equal(still.observe(place, seen(2000, senderOf("b", 500), senderOf("c", 1900)), 2999), null);
  const problem = still.observe(place, seen(3000, senderOf("b", 500), senderOf("c", 2900)), 3000);
  assert.match(problem ?? "", /"b" is connected, lacks 2.4 kB and has acknowledged nothing for 3 s.*-s 1472 10.0.0.2/);
  assert.equal(still.observe(place, seen(3000, senderOf("b", 501)), 3001), null);
});

test("one that lacks nothing, has gone, or is only being copied is not", () => {
  const still = new StillFollowers();
  for (const nowMs of [0, 2000, 4000, 8000])
    assert.equal(still.observe(place, seen(500, senderOf("b", 500), senderOf("c", null, "backup")), nowMs), null);
  assert.equal(still.observe(place, seen(900, senderOf("b", 500)), 8001), null);
  assert.equal(still.observe(place, seen(900), 10_000), null);
  assert.equal(still.observe(place, seen(900, senderOf("b", 500)), 12_000), null);
});

test("it stands still over connections that come and go", () => {
  const still = new StillFollowers();
  still.observe(place, seen(900, senderOf("b", 500)), 0);
  still.observe(place, seen(900, senderOf("b", 500, "catchup")), 2000);
  assert.match(still.observe(place, seen(900, senderOf("b", 500)), 3500) ?? "", /acknowledged nothing/);
});
