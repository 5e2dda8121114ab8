import assert from "node:assert/strict";
import { chmodSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { UserError } from "../lib/failure.ts";
import { heartbeatKey } from "./key.ts";

function place(t: TestContext): string {
  const directory = mkdtempSync(join(tmpdir(), "understudy-key-"));
  t.after(() => rmSync(directory, { recursive: true }));
  return directory;
}

function refuses(file: string, message: RegExp, make = false): void {
  assert.throws(
    () => heartbeatKey(file, make),
    (error) => error instanceof UserError && message.test(error.message),
  );
}

test("heartbeatKey() makes one key for all, for its owner alone", (t) => {
  const directory = join(place(t), "new");
  const file = join(directory, "key");
  const key = heartbeatKey(file, true);
  assert.equal(key.length, 32);
  assert.deepEqual(heartbeatKey(file, true), key);
  assert.deepEqual(heartbeatKey(file, false), key);
  assert.equal(statSync(file).mode & 0o777, 0o600);
  assert.deepEqual(readdirSync(directory), ["key"]);
});

test("heartbeatKey() uses none that is missing, open to others, or no key, and says what to do", (t) => {
  const file = join(place(t), "key");
  refuses(file, /There is no key for heartbeats at ".*key"\. Make one with: .*openssl rand -hex 32/);
  writeFileSync(file, "secret\n", { mode: 0o600 });
  refuses(file, /holds no key for heartbeats: expected 64 hexadecimal digits/, true);
  writeFileSync(file, `${"ab".repeat(32)}\n`);
  chmodSync(file, 0o640);
  refuses(file, /can be read by others \(mode 640\).*chmod 600/);
});
