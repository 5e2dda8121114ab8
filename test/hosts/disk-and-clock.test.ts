import assert from "node:assert/strict";
import { rmSync, statfsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { whyNoSkew } from "./clock.ts";
import { Lan } from "./lan.ts";
import { Peer } from "./peer-handle.ts";
import { whyNoHosts } from "./system.ts";

const skip = whyNoHosts() ?? false;
const HOUR_MS = 3_600_000;
/** A changed skew is heard of by then. */
const HEARD_MS = 5000;

test("fillDisk() leaves no room on this host's disk alone", { skip }, () => {
  using lan = new Lan(["a", "b"], { diskSize: "8m" });
  const { a, b } = { a: lan.host("a"), b: lan.host("b") };
  const write = (directory: string): void => writeFileSync(join(directory, "file"), Buffer.alloc(1_000_000));
  a.fillDisk();
  assert.throws(() => write(a.directory), { code: "ENOSPC" });
  write(b.directory);
  a.makeRoom();
  rmSync(join(a.directory, "file"));
  write(a.directory);
  a.powerOff();
  a.powerOn();
  assert.ok(statfsSync(a.directory).blocks * 4096 < 9_000_000, "it is the same disk after a loss of power");
  using shared = new Lan(["a"]);
  assert.throws(() => shared.host("a").fillDisk(), /no disk of its own/);
});

test(
  "skewClock() changes the wall clock of this host's processes, and no other clock",
  { skip: skip || (whyNoSkew() ?? false), timeout: 30_000 },
  async () => {
    using lan = new Lan(["a", "b"]);
    const { a, b } = { a: lan.host("a"), b: lan.host("b") };
    a.skewClock(0);
    const clocks = { a: new Peer(a, "time"), b: new Peer(b, "time") };
    for (const clock of Object.values(clocks)) await clock.says("ready");
    const offMs = async (clock: Peer): Promise<number> => {
      const said = await clock.ask("", "wallMs", 2000);
      assert.ok(Math.abs((said?.["monotonicMs"] as number) - Number(process.hrtime.bigint()) / 1e6) < 200);
      return (said?.["wallMs"] as number) - Date.now();
    };
    assert.ok(Math.abs(await offMs(clocks.a)) < 200);
    for (const skewMs of [HOUR_MS, -5 * HOUR_MS]) {
      a.skewClock(skewMs);
      const isRight = async (): Promise<boolean> => Math.abs((await offMs(clocks.a)) - skewMs) < 500;
      const endAt = performance.now() + HEARD_MS;
      while (!(await isRight()) && performance.now() < endAt) await sleep(100);
      assert.ok(await isRight(), `${await offMs(clocks.a)} ms off`);
      assert.ok(Math.abs(await offMs(clocks.b)) < 200);
    }
  },
);
