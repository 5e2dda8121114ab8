import assert from "node:assert/strict";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { ProcessSite } from "./process-site.ts";
import { inNamespace, whyNoHosts } from "./system.ts";

const skip = whyNoHosts() ?? false;
const CHECKED_BY_ALL = "    judges: majority\n    checks: [{ tcp: { interval: 200ms, timeout: 500ms } }]";
/** Long enough for a verdict of the checks, its way through the store, and a takeover. */
const SETTLED_MS = 5000;

/** On the host of `member`: its server's port is reached no more by those. */
function shut(site: ProcessSite, member: string, ...by: readonly string[]): void {
  const from = by.map((other) => (other === member ? `iif "lo"` : `ip saddr ${site.lan.host(other).address}`));
  const rules = from.map((match) => `add rule inet shut in ${match} tcp dport 8001 drop`);
  const table = ["add table inet shut", "add chain inet shut in { type filter hook input priority -200; }", ...rules];
  inNamespace(`${site.lan.run.name}-${member}`, "nft", ["-f", "-"], `${table.join("\n")}\n`);
}

function reopen(site: ProcessSite, member: string): void {
  inNamespace(`${site.lan.run.name}-${member}`, "nft", ["delete", "table", "inet", "shut"]);
}

test("a primary is judged by all members, and no single one moves anything", { skip, timeout: 200_000 }, async (t) => {
  using site = new ProcessSite(["a", "b", "c"], CHECKED_BY_ALL);
  await site.start();
  await site.untilHeard("a");
  await sleep(SETTLED_MS);

  for (const observer of ["b", "a"])
    await t.test(`only "${observer}" cannot reach it: it stays`, async () => {
      shut(site, "a", observer);
      await sleep(SETTLED_MS);
      assert.equal(site.running("a") > 0, true);
      assert.equal(site.running("b") + site.running("c"), 0);
      reopen(site, "a");
    });

  await t.test("all others cannot: it gives up, although its own agent sees it well", async () => {
    shut(site, "a", "b", "c");
    for (const endAtMs = performance.now() + 20_000; site.running("a") > 0; await sleep(50))
      assert.ok(performance.now() < endAtMs, "it went on");
    for (const endAtMs = performance.now() + 20_000; site.running("b") + site.running("c") === 0; await sleep(50))
      assert.ok(performance.now() < endAtMs, "nobody took over");
  });
});

test(
  "a cold process that lives and does not answer is moved by its own agent's word",
  { skip, timeout: 200_000 },
  async () => {
    using site = new ProcessSite(["a", "b"], "    checks: [{ tcp: { interval: 200ms, timeout: 500ms } }]");
    await site.start();
    await site.untilHeard("a");
    shut(site, "a", "a");
    await site.untilHeard("b");
    assert.equal(site.running("a"), 0);
  },
);
