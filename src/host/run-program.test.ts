import assert from "node:assert/strict";
import { userInfo } from "node:os";
import { test } from "node:test";
import { Failure } from "../lib/failure.ts";
import { runProgram, type RunOptions } from "./run-program.ts";

const { uid, gid, username: name } = userInfo();
const shell = (script: string, options: Partial<RunOptions> = {}): Promise<string> =>
  runProgram("/bin/sh", ["-c", script], { as: { uid, gid, name }, timeoutMs: 5000, ...options });

test("runProgram() gives what was written, with a clean environment and the given input", async () => {
  assert.equal(await shell("cat; echo $PGHOST$LC_ALL", { input: "in\n" }), "in\nC\n");
});

test("runProgram() tells lines as they come", async () => {
  const lines: string[] = [];
  await shell("echo one; echo two >&2", { onLine: (line) => lines.push(line) });
  assert.deepEqual(lines.toSorted(), ["one", "two"]);
});

const ends: readonly [string, Partial<RunOptions>, RegExp][] = [
  ["echo why >&2; exit 3", {}, /^sh ended with 3: why$/],
  ["sleep 60 & sleep 60", { timeoutMs: 50 }, /^sh took longer than 50 ms and was ended/],
  ["echo a; sleep 60", { silentMs: 50 }, /^sh said nothing for 50 ms and was ended: a$/],
  ["kill -9 $$", {}, /^sh was ended by SIGKILL$/],
  ["sleep 60", { signal: AbortSignal.timeout(50) }, /^sh was (not started: it was )?told to stop/],
];

for (const [script, options, message] of ends)
  test(`runProgram() rejects: ${script}`, async () => {
    const startedAt = performance.now();
    await assert.rejects(shell(script, options), (error) => error instanceof Failure && message.test(error.message));
    assert.ok(performance.now() - startedAt < 2000);
  });
