import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { test } from "node:test";
import { exitMeanings } from "./exit.ts";

test("docs/exit-codes.md lists every exit code with its meaning", async () => {
  const page = await readFile(new URL("../../docs/exit-codes.md", import.meta.url), "utf8");
  const listed = [...page.matchAll(/^\| (\d+) \| ([^|]+) \|/gm)].map(([, code, meaning]) => [Number(code), meaning]);
  assert.deepEqual(Object.fromEntries(listed), exitMeanings);
});
