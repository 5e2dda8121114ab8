import assert from "node:assert/strict";
import { mkdtemp, open, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { BoundedOutput } from "./bounded-output.ts";

test("BoundedOutput sets a long log aside while its writer goes on", async () => {
  const directory = await mkdtemp(join(tmpdir(), "understudy-log-"));
  const file = join(directory, "postgres.log");
  const clock = { nowMs: () => nowMs, wallMs: () => 0, after: () => () => undefined };
  let nowMs = 1;
  const log = new BoundedOutput(file, clock, 10);
  try {
    await log.look();
    const writer = await open(file, "a");
    await writer.appendFile("0123456789");
    nowMs += 60_000;
    await log.look();
    assert.equal(await readFile(file, "utf8"), "0123456789");
    await writer.appendFile("a");
    await log.look();
    assert.equal(await readFile(file, "utf8"), "0123456789a", "not looked at again within a minute");
    nowMs += 60_000;
    await log.look();
    await writer.appendFile("next");
    await writer.close();
    assert.deepEqual([await readFile(`${file}.1`, "utf8"), await readFile(file, "utf8")], ["0123456789a", "next"]);
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
});
