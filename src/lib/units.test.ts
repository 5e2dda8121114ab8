import assert from "node:assert/strict";
import { test } from "node:test";
import { editDistance, nearest } from "./nearest.ts";
import { formatBytes, formatMs, parseDuration, parseSize } from "./units.ts";

test("parseDuration() reads numbers with a unit and nothing else", () => {
  const cases: readonly (readonly [string, number | null])[] = [
    ["300ms", 300],
    ["1.5s", 1500],
    ["2m", 120_000],
    ["1h", 3_600_000],
    ["0s", 0],
    ["2", null],
    ["-1s", null],
    ["1 s", null],
    ["1,5s", null],
    ["s", null],
    ["", null],
    ["1sec", null],
  ];
  for (const [text, expected] of cases) assert.equal(parseDuration(text), expected, text);
});

test("parseSize() counts in steps of 1024", () => {
  const cases: readonly (readonly [string, number | null])[] = [
    ["16MB", 16 * 1024 ** 2],
    ["16MiB", 16 * 1024 ** 2],
    ["64kB", 65_536],
    ["0B", 0],
    ["1.5GB", 1.5 * 1024 ** 3],
    ["16", null],
    ["16 MB", null],
    ["mb", null],
  ];
  for (const [text, expected] of cases) assert.equal(parseSize(text), expected, text);
});

test("formatMs() and formatBytes() keep about three digits", () => {
  const times = [0, 84.4, 999, 999.6, 1240, 12_340, 59_960, 185_000, 7_800_000, 260_000_000].map(formatMs);
  assert.deepEqual(times, [
    "0 ms",
    "84 ms",
    "999 ms",
    "1.00 s",
    "1.24 s",
    "12.3 s",
    "1 min",
    "3 min 5 s",
    "2 h 10 min",
    "3 d",
  ]);
  const sizes = [0, 1023, 1024, 1_572_864, 16 * 1024 ** 2, 5 * 1024 ** 4].map(formatBytes);
  assert.deepEqual(sizes, ["0 B", "1023 B", "1.0 kB", "1.5 MB", "16 MB", "5.0 TB"]);
});

test("nearest() finds what was probably meant", () => {
  const known = ["service", "lossless", "maxLoss", "need", "members", "checks", "routes"];
  const cases: readonly (readonly [string, string | null])[] = [
    ["member", "members"],
    ["memebrs", "members"],
    ["max_loss", "maxLoss"],
    ["neeed", "need"],
    ["rout", "routes"],
    ["replicas", null],
    ["x", null],
  ];
  for (const [typed, expected] of cases) assert.equal(nearest(typed, known), expected, typed);
  assert.equal(nearest("b", ["a", "c"]), null);
});

test("editDistance() counts a swap of neighbours as one", () => {
  assert.equal(editDistance("", "abc"), 3);
  assert.equal(editDistance("form", "from"), 1);
  assert.equal(editDistance("kitten", "sitting"), 3);
});
