import assert from "node:assert/strict";
import { test } from "node:test";
import { CallError, isAboutToken, isLasting, isPassing, isRefusal } from "./call-error.ts";

const CASES: readonly (readonly [said: string, is: readonly string[]])[] = [
  ["etcdserver: no leader", ["refusal", "passing"]],
  ["etcdserver: too many requests", ["refusal", "passing"]],
  ["etcdserver: permission denied", ["refusal", "lasting"]],
  ["etcdserver: request is too large", ["refusal", "lasting"]],
  ["etcdserver: user name is empty", ["refusal", "lasting"]],
  ["etcdserver: invalid auth token", ["refusal", "token"]],
  // After these a transaction may have been applied.
  ["etcdserver: mvcc: database space exceeded", []],
  ["etcdserver: request timed out", []],
  ["etcdserver: request timed out, possibly due to previous leader failure", []],
  ["etcdserver: leader changed", []],
  ["etcdserver: server stopped", []],
  ["etcdserver: corrupt cluster", []],
  ["raft proposal dropped", []],
  ["context canceled", []],
  ["no leader of something else", []],
];

test("errors of etcd are told apart by what they say about a transaction", () => {
  for (const [said, expected] of CASES) {
    const error = CallError.ofEtcd(said);
    const is = [
      ...(isRefusal(error) ? ["refusal"] : []),
      ...(isPassing(error) ? ["passing"] : []),
      ...(isLasting(error) ? ["lasting"] : []),
      ...(isAboutToken(error) ? ["token"] : []),
    ];
    assert.deepEqual(is, expected, said);
  }
});

test("what etcd did not say itself refuses nothing", () => {
  assert.equal(isRefusal(new CallError("permission denied")), false);
});
