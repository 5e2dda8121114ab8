import assert from "node:assert/strict";
import { test } from "node:test";
import { UserError } from "../../src/lib/failure.ts";
import { readHostsOptions } from "./options.ts";

test("readHostsOptions() knows what it is told, and leaves the rest to each fault", () => {
  const nothing = { fault: null, runs: null, lease: "2s", dataHosts: 3, outageMs: null, json: null, logs: null };
  assert.deepEqual(readHostsOptions([]), nothing);
  const given = ["--fault", "one-way", "--runs", "3", "--lease", "1s", "--outage", "12"];
  assert.deepEqual(readHostsOptions(given), { ...nothing, fault: "one-way", runs: 3, lease: "1s", outageMs: 12_000 });
});

test("readHostsOptions() says what would be right", () => {
  const said = (...args: readonly string[]): unknown => assert.throws(() => readHostsOptions(args), UserError);
  said("--fault", "flood");
  said("--runs", "0");
  said("--outage", "1s");
  said("--data-hosts", "1");
  said("--speed", "1");
});
