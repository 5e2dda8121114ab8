import assert from "node:assert/strict";
import { test } from "node:test";
import { eventsOf, killedPrimary } from "../../test/support/takeover-events.ts";
import { plainPaint } from "./paint.ts";
import { renderStory } from "./render-story.ts";
import { lastStory } from "./story.ts";

type Told = (typeof killedPrimary)[number];

/** The story of the events as the terminal shows it. */
function told(events: readonly Told[], width = 120): string {
  const story = lastStory(eventsOf(events));
  return story === null ? "none" : renderStory(story, width, plainPaint).join("\n");
}

/** What had happened before: a founding and a false alarm, long ago. */
const before: readonly Told[] = [
  [-9_000_000, "a", 6, "taken", "take", "founded"],
  [-8_999_900, "a", 7, "opened", "open", "first entry acknowledged"],
  [-400_000, "b", 7, "suspected", "stop-receiving", "late heartbeats"],
  [-399_000, "b", 7, "sealed", "seal", "stopped receiving"],
  [-398_000, "b", 7, "unsealed", "unseal", "the primary still works"],
];

test("a killed primary reads as one story, without what happened long before", () => {
  assert.equal(
    told([...before, ...killedPrimary]),
    `main  takeover  a → b  term 8  2026-11-22T10:31:07.123Z

    +0 ms  a  vacated    (service-died) the postmaster ended by SIGKILL and all its processes are gone
    +1 ms  b  suspected  (primary-refuses) the stream from "a" ended and its service refuses connections
    +4 ms  c  sealed     (seal-vacant) the record is vacant; my data ends at 7/50331648
    +4 ms  b  sealed     (seal-vacant) the record is vacant; my data ends at 7/50331904
    +9 ms  b  taken      (take) sealed: b, c; I have the most, 256 bytes more than "c"
   +70 ms  b  promoted   (promote) the record names me in term 8
   +84 ms  b  opened     (open) the first entry of term 8 is on the disk of "c"
  +700 ms  a  rejoining  (rewind) my data goes 128 bytes beyond the fork
  +3.21 s  a  rejoined   (follow) streaming from "b"

From the first sign until clients were let in: 84 ms (deciding 9 ms, promoting 61 ms, opening 14 ms)
"a" was back as standby after 3.21 s`,
  );
});

const switchedOver: readonly Told[] = [
  ...before,
  [0, "b", 7, "switchover", "", 'ana@host: "a" hands over to "c"'],
  [80, "a", 7, "switchover", "switchover-drain", "clients are held from now on, and work under way may end"],
  [120, "a", 7, "vacated", "switchover-stop", "stopped; its standbys have everything"],
  [126, "c", 8, "taken", "take", "the record names me"],
  [160, "c", 8, "promoted", "promote", '"c" runs as primary of term 8'],
  [171, "c", 8, "opened", "open", "first entry acknowledged"],
];

test("a switchover counts from when clients were held", () => {
  const story = lastStory(eventsOf(switchedOver));
  assert.equal(story?.kind, "switchover");
  assert.equal(story.totalMs, 91);
  assert.deepEqual(
    story.phases.map(({ name, ms }) => [name, ms]),
    [
      ["stopped", 40],
      ["taken", 6],
      ["promoted", 34],
      ["opened", 11],
    ],
  );
  assert.match(told(switchedOver), /^Clients were held: 91 ms \(stopping the former primary 40 ms, deciding 6 ms/m);
});

test("a term that has not opened says so", () => {
  const lines = told(killedPrimary.slice(0, 6)).split("\n");
  assert.equal(lines.at(-1), "Term 8 has not opened yet (deciding 9 ms, promoting 61 ms).");
});

test("the next trouble is not part of the story", () => {
  const events: readonly Told[] = [...killedPrimary, [60_000, "b", 8, "vacated", "service-died", "killed again"]];
  assert.equal(lastStory(eventsOf(events))?.events.at(-1)?.kind, "rejoined");
});

test("a takeover that an operator allowed begins with what made it necessary", () => {
  const events: readonly Told[] = [
    [0, "a", 7, "vacated", "service-died", "gone"],
    [600_000, "b", 7, "loss-accepted", "", "ana@host accepted"],
    [600_010, "b", 8, "taken", "take", "loss accepted"],
  ];
  assert.deepEqual(
    lastStory(eventsOf(events))?.events.map((event) => event.kind),
    ["vacated", "loss-accepted", "taken"],
  );
});

test("the first primary of a group is founded, not taken over", () => {
  const events: readonly Told[] = [
    [0, "a", 0, "founded", "found", "new data"],
    [900, "a", 1, "taken", "take", "vacant, and I have all there is"],
    [980, "a", 1, "opened", "open", "first entry acknowledged"],
  ];
  assert.match(told(events), /^main  founding  a  term 1  /);
});

test("without a take there is no story", () => {
  assert.equal(lastStory([]), null);
  assert.equal(lastStory(eventsOf(killedPrimary.slice(0, 4))), null);
});

test("long reasons are wrapped beside their event", () => {
  const lines = told(killedPrimary.slice(0, 5), 60).split("\n");
  assert.ok(lines.every((line) => line.length <= 60 || line.startsWith("From") || line.startsWith("Term")));
  assert.equal(lines[2], "  +0 ms  a  vacated    (service-died) the postmaster ended");
  assert.equal(lines[3], "                       by SIGKILL and all its processes are");
});
