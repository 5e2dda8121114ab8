import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdir } from "node:fs/promises";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { setting, Workspace } from "./workspace.ts";

/** A view of the file system of its own: what is mounted in it is gone with its last process. */
const APART = process.getuid?.() === 0 ? ["-m"] : ["-U", "-r", "-m"];
const canMount = spawnSync("unshare", [...APART, "mount", "-t", "tmpfs", "tmpfs", "/tmp"]).status === 0;

test(
  "a full disk fails changes, loses none, and when there is room again all goes on",
  { skip: !canMount && "this user cannot mount a small file system (unshare -m)", timeout: 30_000 },
  async () => {
    await using work = await Workspace.make();
    const disk = `${work.directory}/disk`;
    await mkdir(disk);
    const inside = 'mount -t tmpfs -o size=2m tmpfs "$1" && exec "$0" "$2" "$1"';
    const program = fileURLToPath(new URL("./programs/disk-filler.ts", import.meta.url));
    const filler = work.start("unshare", [...APART, "sh", "-c", inside, process.execPath, disk, program]);
    assert.equal(await filler.done(), 0);
    assert.equal(filler.lines.at(-1), "all is well");
  },
);

test("writes that the system refuses lose no applied change, and what is read afterwards is final", async () => {
  await using work = await Workspace.make();
  await (await work.open()).close();
  const limited = ["-c", 'ulimit -f 400; exec "$@"', "sh", process.execPath];
  const program = new URL("./programs/writer.ts", import.meta.url).pathname;
  const writer = work.start("sh", [...limited, program, work.file, "x", "60", "9000"]);
  assert.equal(await writer.done(), 0);
  const applied = writer.lines.filter((line) => /^\d+$/.test(line)).map(Number);
  const rejected = writer.lines.filter((line) => /^(failed|unknown) /.test(line));
  assert.ok(applied.length > 3 && rejected.length > 3, writer.lines.join("\n"));

  const store = await work.open();
  const [a, b] = await store.read(["x/a", "x/b"]);
  assert.equal(a?.value, b?.value);
  const found = Number.parseInt(a?.value ?? "0");
  const last = applied.at(-1) ?? 0;
  const unknown = rejected.map((line) => Number(line.split(" ")[1]));
  assert.ok(found === last || (found > last && unknown.includes(found)), `${found} found, ${last} applied`);
  await store.transact(setting({ "x/a": "after" }));
});
