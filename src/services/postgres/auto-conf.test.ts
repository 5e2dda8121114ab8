import assert from "node:assert/strict";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir, userInfo } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { writeAutoConf } from "./auto-conf.ts";

test("writeAutoConf() changes what it is given and leaves the rest", async () => {
  const directory = await mkdtemp(join(tmpdir(), "understudy-conf-"));
  try {
    const { uid, gid, username: name } = userInfo();
    const file = join(directory, "postgresql.auto.conf");
    await writeFile(file, "# head\nwork_mem = '5MB'\nPrimary_Conninfo = 'host=x'\n");
    await writeAutoConf(directory, { primary_conninfo: String.raw`passfile='/a\b'` }, { uid, gid, name });
    const text = await readFile(file, "utf8");
    assert.equal(text, "# head\nwork_mem = '5MB'\nprimary_conninfo = 'passfile=''/a\\\\b'''\n");
  } finally {
    await rm(directory, { recursive: true });
  }
});
