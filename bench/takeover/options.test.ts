import assert from "node:assert/strict";
import { test } from "node:test";
import { readOptions } from "./options.ts";

test("readOptions() takes what the issue's command gives", () => {
  const options = readOptions(["--fault", "member-kill", "--runs", "3", "--json", "/tmp/x.json"]);
  assert.equal(options.fault, "member-kill");
  assert.equal(options.runs, 3);
  assert.equal(options.json, "/tmp/x.json");
});

test("readOptions() without options means all faults, as often as promised", () => {
  const { fault, runs, takeovers, keep } = readOptions([]);
  assert.deepEqual({ fault, runs, takeovers, keep }, { fault: null, runs: null, takeovers: 100, keep: false });
});

for (const [args, message] of [
  [["--fault", "fire"], /no fault "fire"/],
  [["--runs", "0"], /--runs is a whole number from 1/],
  [["--speed", "9"], /Unknown option/],
] as const)
  test(`readOptions() refuses ${args.join(" ")}`, () => assert.throws(() => readOptions(args), { message }));
