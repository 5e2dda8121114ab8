import assert from "node:assert/strict";
import { test } from "node:test";
import { setting, sleep, Workspace } from "./workspace.ts";

test("of several processes exactly one creates each key, and all make one store", { timeout: 30_000 }, async () => {
  await using work = await Workspace.make();
  const count = 150;
  const creators = [1, 2, 3].map(() => work.run("creator.ts", [work.file, `${count}`]));
  for (const creator of creators) assert.equal(await creator.done(), 0);
  const won = creators.flatMap((creator) => creator.lines.slice(1)).map(Number);
  assert.deepEqual(
    won.toSorted((a, b) => a - b),
    Array.from({ length: count }, (_, i) => i),
  );
  const store = await work.open();
  const entries = await store.list("new/");
  for (const creator of creators) {
    const mine = entries.filter(({ value }) => value === `${creator.process.pid}`);
    assert.equal(mine.length, creator.lines.length - 1);
  }
});

test("a change by another process is noticed within some milliseconds", { timeout: 30_000 }, async () => {
  await using work = await Workspace.make();
  const store = await work.open();
  const readAt = new Map<string, number>();
  store.watch("x/", () => {
    void store.read(["x/a"]).then(([entry]) => readAt.set(entry?.value?.trim() ?? "", performance.now()));
  });
  const writer = work.run("writer.ts", [work.file, "x", "40", "0", "20"]);
  const delays: number[] = [];
  for (let i = 1; i <= 40; i++) {
    await writer.line(`${i}`);
    const at = performance.now();
    while (!readAt.has(`${i}`) && performance.now() < at + 1000) await sleep(1);
    delays.push((readAt.get(`${i}`) ?? Infinity) - at);
  }
  const median = delays.toSorted((a, b) => a - b)[20] ?? Infinity;
  assert.ok(median < 10, `half of the changes took ${median} ms: ${delays.join(" ")}`);
});

test("a change whose bell was never rung is noticed all the same", { timeout: 10_000 }, async () => {
  await using work = await Workspace.make();
  const store = await work.open();
  await store.transact(setting({ a: "1" }));
  const heard = new Promise<number>((resolve) => store.watch("a", () => resolve(performance.now())));
  await store.read(["a"]);
  const { DatabaseSync } = await import("node:sqlite");
  const silent = new DatabaseSync(work.file);
  silent.exec(
    `BEGIN IMMEDIATE; INSERT INTO change (keys) VALUES ('["a"]'); UPDATE entry SET value = '2', revision = 2; COMMIT`,
  );
  const at = performance.now();
  assert.ok((await heard) - at < 600);
  silent.close();
});

test("an open store keeps no process alive", { timeout: 10_000 }, async () => {
  await using work = await Workspace.make();
  const idler = work.run("idler.ts", [work.file]);
  assert.equal(await idler.done(), 0);
  assert.deepEqual(idler.lines, ["idle"]);
});
