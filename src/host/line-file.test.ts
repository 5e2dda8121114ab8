import assert from "node:assert/strict";
import { mkdtemp, open, readFile, rm, writeFile, type FileHandle } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { openLineFile } from "./line-file.ts";

test("openLineFile() drops a line that a crash cut off, so that the next one stands alone", async (t) => {
  const directory = await mkdtemp(join(tmpdir(), "understudy-lines-"));
  t.after(() => rm(directory, { recursive: true, force: true }));
  const file = join(directory, "lines");
  await writeFile(file, "one\ntwo\nthr");
  const lines = await openLineFile(file, false);
  assert.deepEqual(lines.before, ["one", "two"]);
  await lines.append("four");
  await lines.close();
  assert.equal(await readFile(file, "utf8"), "one\ntwo\nfour\n");
});

test("a line that could not be written as a whole does not take the next one with it", async (t) => {
  const directory = await mkdtemp(join(tmpdir(), "understudy-lines-"));
  t.after(() => rm(directory, { recursive: true, force: true }));
  const file = join(directory, "lines");
  const lines = await openLineFile(file, false);
  await lines.append("one");
  // As a full disk does it: the append is refused, and a part of the line may be there.
  const handle = await open(file);
  t.mock.method(Object.getPrototypeOf(handle) as FileHandle, "datasync", () => Promise.reject(new Error("full")), {
    times: 1,
  });
  await handle.close();
  await assert.rejects(lines.append("two"));
  await lines.append("three");
  await lines.close();
  const again = await openLineFile(file, false);
  assert.equal(again.before.at(-1), "three");
  await again.close();
});
