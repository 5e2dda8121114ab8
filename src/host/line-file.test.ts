import assert from "node:assert/strict";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
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
