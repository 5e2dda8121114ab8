import assert from "node:assert/strict";
import { test } from "node:test";
import { passwordFor } from "./password-file.ts";

const where = { host: "127.0.0.1", port: 5500, user: "app", database: "app" };

for (const [name, text, password] of [
  ["the exact line", "127.0.0.1:5500:app:app:secret\n", "secret"],
  ["wildcards", "*:*:app:app:secret", "secret"],
  ["the first that fits", "127.0.0.1:1:app:app:no\n*:*:*:*:yes\n*:*:*:*:no", "yes"],
  ["escaped colons and backslashes", "*:*:*:*:a\\:b\\\\c", "a:b\\c"],
  ["comments and blank lines", "# words:here:and:there:no\n\n*:*:*:*:yes", "yes"],
  ["nothing that fits", "127.0.0.1:5500:other:app:secret", null],
] as const)
  test(`passwordFor() takes ${name}`, () => assert.equal(passwordFor(where, text), password));
