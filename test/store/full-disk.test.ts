import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdir, rm, writeFile } from "node:fs/promises";
import { test } from "node:test";
import { promisify } from "node:util";
import { Failure } from "../../src/lib/failure.ts";
import { setting, Workspace } from "./workspace.ts";

const run = promisify(execFile);
const isRoot = process.getuid?.() === 0;

test(
  "a full disk fails changes, loses none, and when there is room again all goes on",
  { skip: !isRoot && "only root can mount a small file system" },
  async () => {
    await using work = await Workspace.make();
    const disk = `${work.directory}/disk`;
    await mkdir(disk);
    await run("mount", ["-t", "tmpfs", "-o", "size=2m", "tmpfs", disk]);
    work.atEnd(() => run("umount", [disk]));
    const store = await work.open({}, `${disk}/store.db`);
    await store.transact(setting({ a: "0" }));
    await writeFile(`${disk}/ballast`, Buffer.alloc(1_000_000));

    const applied: number[] = [];
    const failures: Error[] = [];
    for (let i = 1; i <= 300 && failures.length < 5; i++) {
      const change = store.transact(setting({ a: `${i}`, [`k/${i}`]: "x".repeat(8000) }));
      await change.then(
        () => applied.push(i),
        (error: Error) => failures.push(error),
      );
    }
    assert.equal(failures.length, 5);
    for (const failure of failures) {
      assert.ok(failure instanceof Failure, String(failure));
      assert.match(failure.message, /disk is full\. Make room/);
    }
    const readable = await store.read(["a"]);
    assert.equal(readable[0]?.value, `${applied.at(-1)}`);

    await rm(`${disk}/ballast`);
    await store.transact(setting({ a: "after" }));
    await store.close();
    const again = await work.open({}, `${disk}/store.db`);
    assert.equal((await again.read(["a"]))[0]?.value, "after");
    assert.deepEqual(
      (await again.list("k/")).map(({ key }) => key),
      applied.map((i) => `k/${i}`).toSorted(),
    );
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
