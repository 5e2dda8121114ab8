import assert from "node:assert/strict";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { LEASE_MS, ProcessSite } from "./process-site.ts";
import { whyNoHosts } from "./system.ts";

const skip = whyNoHosts() ?? false;

test(
  "a cold process whose host is lost is started elsewhere, and never runs twice",
  { skip, timeout: 200_000 },
  async (t) => {
    using site = new ProcessSite(["a", "b"]);
    await site.start();
    await site.untilHeard("a");
    assert.equal(site.running("b"), 0);

    await t.test("its host loses power", async () => {
      const atMs = Date.now();
      site.lan.host("a").powerOff();
      const { atMs: backMs } = await site.untilHeard("b");
      t.diagnostic(`served again ${backMs - atMs} ms after the loss of power, with a lease of ${LEASE_MS} ms`);
      site.lan.host("a").powerOn();
      site.begin("a", "agent", "--node", "a");
      await sleep(4000);
      assert.equal(site.running("a"), 0);
    });

    await t.test("its host is cut off from everything: it is ended before the other one starts", async () => {
      const seen: string[] = [];
      const watch = setInterval(
        () => seen.push(`${site.running("a") > 0 ? "a" : ""}${site.running("b") > 0 ? "b" : ""}`),
        2,
      );
      site.lan.network.cut({ from: "b" });
      site.lan.network.cut({ to: "b" });
      await site.untilHeard("a");
      clearInterval(watch);
      site.lan.network.mend();
      const order = seen.filter((now, i) => now !== seen[i - 1]);
      assert.deepEqual(order, ["b", "", "a"], "both ran at the same time");
    });
  },
);
