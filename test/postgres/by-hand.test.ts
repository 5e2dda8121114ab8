import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { createServer } from "node:net";
import { test } from "node:test";
import { promisify } from "node:util";
import { ALONE } from "../../src/core/commit-rule.ts";
import { findPrograms } from "../../src/services/postgres/programs.ts";
import { accountFor } from "../../src/services/postgres/account.ts";
import { Trio } from "./trio.ts";

test("what others do to it", { timeout: 90_000 }, async (t) => {
  await using trio = await Trio.make(["a"]);
  await trio.do("a", { do: "create" });

  await t.test("a port that is in use is named, with what to do", async () => {
    const port = trio.members["a"]?.address.port ?? 0;
    const other = createServer().listen(port, "127.0.0.1");
    try {
      await assert.rejects(trio.do("a", { do: "start" }), new RegExp(`Something else listens on 127.0.0.1:${port}`));
    } finally {
      await promisify(other.close.bind(other))();
    }
    assert.equal((await trio.look("a")).state, "stopped");
  });

  await t.test("a setting that does not exist is named", async () => {
    trio.parameters["shared_bufers"] = "16MB";
    await trio.member("a", true);
    await assert.rejects(
      trio.do("a", { do: "start" }),
      /unrecognized configuration parameter "shared_bufers".*parameters/,
    );
    delete trio.parameters["shared_bufers"];
    await trio.member("a", true);
  });

  await t.test("a second start does not happen", async () => {
    await trio.do("a", { do: "start" });
    await assert.rejects(trio.do("a", { do: "start" }), /still live in it/);
  });

  await t.test(
    "a standby that somebody promotes is primary of no term, and its position is never claimed",
    async () => {
      await trio.promote("a", 1, ALONE);
      await trio.do("a", { do: "stop", how: "clean", because: "test" });
      const { position } = await trio.look("a");
      assert.equal(position?.term, 1);
      await trio.do("a", { do: "start" });
      assert.deepEqual((await trio.see("a", (look) => look.position !== null)).position, position);
      await promoteByHand(trio);
      const look = await trio.see("a", ({ state }) => state === "primary");
      assert.deepEqual([look.term, look.rule, look.firstOffset], [null, null, null]);
      await trio.do("a", { do: "stop", how: "clean", because: "it is primary without a term" });
      const stopped = await trio.look("a");
      assert.deepEqual([stopped.state, stopped.position], ["stopped", null]);
      assert.match(stopped.problem ?? "", /without a term/);
      await trio.do("a", { do: "start" });
      const again = await trio.see("a", ({ problem }) => problem !== null);
      assert.equal(again.position, null);
    },
  );
});

async function promoteByHand(trio: Trio): Promise<void> {
  const { directory } = await findPrograms(null);
  const { uid, gid } = await accountFor(null, trio.dataOf("a"));
  await promisify(execFile)(`${directory}/pg_ctl`, ["promote", "-D", trio.dataOf("a")], { uid, gid, cwd: "/" });
}
