import assert from "node:assert/strict";
import { test } from "node:test";
import { rulesOf } from "./rules.ts";

const calm = {
  ports: { a: "a", b: "b-way" },
  silent: new Set<string>(),
  cuts: new Set<string>(),
  lossPercent: {},
  largestBytes: {},
};
const rulesIn = (text: string): readonly string[] => text.split("\n").filter((line) => line.endsWith(" drop"));

test("rulesOf() has no rule while nothing is wrong, and takes away what was there", () => {
  assert.match(rulesOf(calm), /^table bridge hosts \{\}\ndelete table bridge hosts\ntable bridge hosts/);
  assert.deepEqual(rulesIn(rulesOf(calm)), []);
  assert.deepEqual(rulesIn(rulesOf({ ...calm, lossPercent: { a: 0 } })), []);
});

test("rulesOf() speaks of ports, wherever a host is connected now", () => {
  const text = rulesOf({
    ...calm,
    silent: new Set(["a"]),
    cuts: new Set(["a>b"]),
    lossPercent: { b: 0.5 },
    largestBytes: { a: 900 },
  });
  assert.deepEqual(
    rulesIn(text).map((line) => line.trim()),
    [
      'iifname "a" drop',
      'oifname "a" drop',
      'iifname "a" oifname "b-way" drop',
      'iifname "b-way" numgen random mod 10000 < 50 drop',
      'oifname "b-way" numgen random mod 10000 < 50 drop',
      'iifname "a" ether type ip ip length > 900 drop',
      'oifname "a" ether type ip ip length > 900 drop',
    ],
  );
});
