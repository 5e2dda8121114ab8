import assert from "node:assert/strict";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { ProcessSite } from "./process-site.ts";
import { whyNoHosts } from "./system.ts";

const skip = whyNoHosts() ?? false;
const OUTAGE_MS = 15_000;

/** The longest time without an answer from `fromMs` on. */
function longestGapMs(site: ProcessSite, fromMs: number): number {
  const times = site.heard.map(({ atMs }) => atMs).filter((atMs) => atMs > fromMs);
  return Math.max(
    0,
    ...times.map((atMs, i) => (i === 0 ? 0 : atMs - (times[i - 1] ?? atMs))),
    Date.now() - (times.at(-1) ?? fromMs),
  );
}

test("a cold process goes on without the store, and so do its visitors", { skip, timeout: 120_000 }, async (t) => {
  using site = new ProcessSite(["a", "b"], "", "http");
  await site.start();
  await site.untilHeard("a");
  await sleep(3000);
  site.lan.host("store").freeze();
  const fromMs = Date.now();
  await sleep(OUTAGE_MS);
  const gapMs = longestGapMs(site, fromMs);
  t.diagnostic(`without the store for ${OUTAGE_MS / 1000} s: longest time without an answer ${gapMs} ms`);
  site.lan.host("store").thaw();
  await sleep(4000);
  assert.ok(longestGapMs(site, fromMs) < 1000, `${gapMs} ms without an answer`);
  assert.deepEqual([site.running("a") > 0, site.running("b")], [true, 0]);
});
