import assert from "node:assert/strict";
import { test } from "node:test";
import { UserError } from "../../../src/lib/failure.ts";
import { comparedFaults, readPatroniOptions } from "./options.ts";

test("readPatroniOptions() compares everything once unless it is told otherwise", () => {
  const all = { faults: comparedFaults, runs: 1, settings: ["default", "fastest"], outageMs: 45_000 };
  assert.deepEqual(readPatroniOptions([]), { ...all, json: null, logs: null });
  const given = ["--fault", "isolate", "--runs", "3", "--settings", "fastest", "--outage", "12"];
  const told = { faults: ["isolate"], runs: 3, settings: ["fastest"], outageMs: 12_000 };
  assert.deepEqual(readPatroniOptions(given), { ...told, json: null, logs: null });
});

test("readPatroniOptions() says what would be right", () => {
  const said = (...args: readonly string[]): unknown => assert.throws(() => readPatroniOptions(args), UserError);
  said("--fault", "lossy");
  said("--settings", "quick");
  said("--runs", "0");
  said("--outage", "1s");
  said("--lease", "1s");
});
