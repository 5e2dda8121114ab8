import assert from "node:assert/strict";
import { test } from "node:test";
import { formatSecrets, newSecrets, OWN_ITERATIONS, parseSecrets, scramVerifier } from "./secrets.ts";

test("newSecrets() makes passwords that a file or a URL holds as they are, each another one", () => {
  const secrets = Object.values(newSecrets());
  for (const secret of secrets) assert.match(secret, /^[\w-]{32}$/);
  assert.equal(new Set(secrets).size, 3);
});

test("parseSecrets() reads what formatSecrets() wrote, and quotes nothing of what it refuses", () => {
  const secrets = newSecrets();
  assert.deepEqual(parseSecrets(formatSecrets(secrets)), secrets);
  for (const text of ["topsecret", '{"admin":"topsecret"}', "null"])
    assert.throws(
      () => parseSecrets(text),
      (error: Error) => !error.message.includes("topsecret"),
    );
});

test("scramVerifier() is in the server's form, and salted", () => {
  const verifier = scramVerifier("password");
  assert.match(verifier, /^SCRAM-SHA-256\$4096:[\w+/]{22}==\$[\w+/]{43}=:[\w+/]{43}=$/);
  assert.notEqual(scramVerifier("password"), verifier);
  assert.match(scramVerifier("password", OWN_ITERATIONS), /^SCRAM-SHA-256\$1:/);
});
