import assert from "node:assert/strict";
import { mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { test, type TestContext } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { KeptProcess } from "../../src/cli/kept-process.ts";
import { isAlive } from "../../src/host/processes.ts";
import { pretendApi } from "../support/pretend-api.ts";
import { run } from "../support/run-understudy.ts";

/** A program of one line, kept running; and what was said about it. */
async function kept(t: TestContext, program: string): Promise<{ process: KeptProcess; said: string[]; log: string }> {
  const directory = await mkdtemp(join(tmpdir(), "understudy-up-"));
  t.after(() => rm(directory, { recursive: true }));
  const main = join(directory, "main.mjs");
  await writeFile(main, program);
  const log = join(directory, "agent.log");
  const said: string[] = [];
  const pidFile = join(directory, "agent.pid");
  const kept = { name: "agent a", args: ["agent"], log, pidFile, config: main };
  const process = new KeptProcess(kept, main, (text) => said.push(text));
  t.after(() => process.stop("SIGKILL", 1000));
  return { process, said, log };
}

async function until(holds: () => boolean | Promise<boolean>): Promise<void> {
  const endAtMs = performance.now() + 5000;
  while (!(await holds())) {
    assert.ok(performance.now() < endAtMs, "it did not happen within 5 s");
    await sleep(10);
  }
}

test("a process that is killed is started again at once, with its output in a private log", async (t) => {
  const { process, said, log } = await kept(t, 'console.log("here I am"); setInterval(() => {}, 1000);');
  await until(async () => (await readFile(log, "utf8").catch(() => "")).includes("here"));
  const first = process.pid ?? 0;
  globalThis.process.kill(first, "SIGKILL");
  await until(() => process.pid !== null && process.pid !== first);
  assert.equal((await stat(log)).mode & 0o777, 0o600);
  assert.match(said[1] ?? "", /^agent a ended \(SIGKILL\) and is started again at once; see .*agent.log$/);
  assert.equal(await readFile(log.replace(".log", ".pid"), "utf8"), `${process.pid}\n`);
  await process.stop("SIGINT", 2000);
  assert.equal(process.pid, null);
  await assert.rejects(stat(log.replace(".log", ".pid")));
});

test("a process that keeps failing is started less and less often", async (t) => {
  const { process, said } = await kept(t, "process.exitCode = 3;");
  await until(() => said.some((text) => text.includes("500 ms")));
  await process.stop("SIGINT", 1000);
  const pauses = said.filter((text) => text.includes("again")).map((text) => /again (.*);/.exec(text)?.[1]);
  assert.deepEqual(pauses, ["at once", "in 100 ms", "in 500 ms"]);
});

test("one that is configured wrongly is started again when its configuration has changed", async (t) => {
  const { process, said, log } = await kept(t, "process.exitCode = 2;");
  await until(() => said.length === 2);
  assert.match(
    said[1] ?? "",
    /^agent a cannot run as it is configured; see .*log. It is started again in 30.0 s, or when/,
  );
  await sleep(50);
  await writeFile(join(dirname(log), "main.mjs"), 'console.log("right now"); setInterval(() => {}, 1000);');
  await until(async () => (await readFile(log, "utf8")).includes("right now"));
  await process.stop("SIGKILL", 1000);
});

test("a process that does not end when asked is killed, and that is said", async (t) => {
  const program = 'process.on("SIGINT", () => {}); console.log("deaf"); setInterval(() => {}, 1000);';
  const { process, said, log } = await kept(t, program);
  await until(async () => (await readFile(log, "utf8").catch(() => "")).includes("deaf"));
  const pid = process.pid ?? 0;
  await process.stop("SIGINT", 200);
  assert.equal(await isAlive(pid), false);
  assert.equal(said.at(-1), "agent a did not end within 200 ms and is killed");
});

test("up refuses while an agent of the configuration runs", async (t) => {
  const { file } = await pretendApi(t);
  await writeFile(join(file, "../a/agent.pid"), "1\n");
  const { code, stderr } = await run("up", "-c", file);
  assert.equal(code, 1);
  assert.match(
    stderr,
    /^understudy: Of .* there run already: agent a\. To stop .*: kill -INT \$\(cat .*a\/agent\.pid\)\n$/,
  );
});
