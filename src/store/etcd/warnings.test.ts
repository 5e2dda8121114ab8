import assert from "node:assert/strict";
import { test } from "node:test";
import { isGood, slowElection } from "./warnings.ts";

test("isGood() knows the first versions without known flaws", () => {
  for (const version of ["3.5.30", "3.6.11", "3.6.12-rc.0", "3.7.0", "4.0.1"])
    assert.equal(isGood(version), true, version);
  for (const version of ["2.3.8", "3.4.23", "3.4.99", "3.5.29", "3.6.10", ""])
    assert.equal(isGood(version), false, version);
});

test("slowElection() warns of what certainly is too slow for the lease", () => {
  assert.equal(slowElection(1, 1000), null);
  assert.match(slowElection(2, 1000) ?? "", /above 667 ms, too much for a lease of 1000 ms/);
  assert.equal(slowElection(1, 2000), null);
  assert.match(slowElection(2, 2000) ?? "", /above 667 ms/);
  assert.equal(slowElection(2, 5000), null);
});
