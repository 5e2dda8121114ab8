import assert from "node:assert/strict";
import { test } from "node:test";
import { sleep, Workspace } from "./workspace.ts";

test("SIGKILL of writers loses nothing acknowledged and leaves no change half made", { timeout: 60_000 }, async () => {
  await using work = await Workspace.make();
  for (let round = 0; round < 6; round++) {
    const names = [`${round}/x`, `${round}/y`];
    const writers = names.map((name) => work.run("writer.ts", [work.file, name]));
    await Promise.all(writers.map((writer) => writer.line("3")));
    await sleep(Math.random() * 150);
    await Promise.all(writers.map((writer) => writer.kill()));

    const store = await work.open();
    for (const [i, name] of names.entries()) {
      const [a, b] = await store.read([`${name}/a`, `${name}/b`]);
      const acknowledged = Number(writers[i]?.lines.at(-1));
      assert.equal(a?.value, b?.value, "both keys or none");
      assert.ok(acknowledged >= 3);
      const found = Number(a?.value?.trim());
      assert.ok(found === acknowledged || found === acknowledged + 1, `${found} found, ${acknowledged} acknowledged`);
    }
  }
});
