import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { Lan } from "./lan.ts";
import { removeLeftovers, tracesOf, type Run } from "./runs.ts";
import { whyNoHosts } from "./system.ts";

const skip = whyNoHosts() ?? false;
const MAKE_AND_WAIT = fileURLToPath(new URL("make-and-wait.ts", import.meta.url));

const LIMIT_MS = 20_000;

type Made = Run & { readonly pids: readonly number[] };

/** Has another process make hosts, and ends it with `signal`. */
async function endedBy(signal: NodeJS.Signals): Promise<{ readonly run: Made; readonly code: number | null }> {
  const child = spawn(process.execPath, [MAKE_AND_WAIT], { stdio: ["ignore", "pipe", "inherit"] });
  const limit = setTimeout(() => child.kill("SIGKILL"), LIMIT_MS);
  const [line] = (await Promise.race([once(child.stdout, "data"), once(child, "exit")])) as [Buffer];
  const run = JSON.parse(line.toString()) as Made;
  assert.equal(run.pids.length, 2);
  assert.ok(tracesOf(run).length >= 6, tracesOf(run).join());
  child.kill(signal);
  const [code] = (await once(child, "exit")) as [number | null];
  clearTimeout(limit);
  return { run, code };
}

function assertGone(run: Made): void {
  assert.deepEqual(tracesOf(run), []);
  for (const pid of run.pids) assert.ok(!existsSync(`/proc/${pid}/cwd`), `process ${pid} is still there`);
}

for (const signal of ["SIGINT", "SIGTERM"] as const)
  test(`hosts end with their process at ${signal}`, { skip, timeout: 30_000 }, async () => {
    const { run, code } = await endedBy(signal);
    assert.equal(code, signal === "SIGINT" ? 130 : 143);
    assertGone(run);
  });

test(
  "what a SIGKILL leaves is removed by whoever makes hosts next, and nobody else's",
  { skip, timeout: 30_000 },
  async () => {
    using others = new Lan(["a"]);
    const { run } = await endedBy("SIGKILL");
    assert.ok(tracesOf(run).length >= 6);
    removeLeftovers();
    assertGone(run);
    assert.ok(others.host("a").isOn);
    assert.ok(tracesOf(others.run).length >= 4);
  },
);

test("end() leaves no trace, whatever state the hosts are in", { skip }, async () => {
  const lan = new Lan(["a", "b", "c"], { diskSize: "4m" });
  for (const host of Object.values(lan.hosts)) host.run("sleep", ["600"]);
  await lan.host("a").delay(1);
  lan.host("a").freeze();
  lan.host("b").powerOff();
  lan.host("c").fillDisk();
  lan.network.cut({ from: "c" });
  lan.end();
  assert.deepEqual(tracesOf(lan.run), []);
});
