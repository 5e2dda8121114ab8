import assert from "node:assert/strict";
import { spawn, type ChildProcess } from "node:child_process";
import { readFile, stat } from "node:fs/promises";
import { createServer } from "node:net";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { fileURLToPath } from "node:url";
import { systemClock } from "../../src/agent/system-clock.ts";
import type { Guard } from "../../src/guards/guard.ts";
import { openProcessGuard } from "../../src/guards/process/process-guard.ts";
import { guardProcesses } from "../../src/guards/process/start-guard.ts";
import { sendSignal } from "../../src/host/processes.ts";
import { sleep } from "../../src/lib/clock.ts";
import { Failure } from "../../src/lib/failure.ts";
import { makeDirectory, removeDirectory, startSleepers } from "./sleeping-service.ts";

const AGENT = fileURLToPath(new URL("pretended-agent.ts", import.meta.url));
const options = { timeout: 10_000 };

test("the service of a killed agent is ended on time", options, async (t) => {
  const { directory, service } = await world(t);
  const agent = await startAgent(t, directory, service.directory, 400);
  await sleep(systemClock, 500);
  assert.equal(service.isRunning(), true, "renewed by the agent");
  const killedAtMs = systemClock.nowMs();
  agent.kill("SIGKILL");
  await until(() => !service.isRunning());
  const tookMs = systemClock.nowMs() - killedAtMs;
  // On a busy machine it is late; how late at most is measured by the bench, with an agent that is stopped.
  assert.ok(tookMs > 200 && tookMs < 1500, `ended after ${tookMs} ms`);
  await until(async () => /begun [\d.]+ ms after the end/.test(await logOf(directory)));
  const lateMs = Number(/begun ([\d.]+) ms/.exec(await logOf(directory))?.[1]);
  assert.ok(lateMs < 1000, `begun ${lateMs} ms after the end`);
});

test("an agent that is restarted within the lease keeps its service", options, async (t) => {
  const { directory, service } = await world(t);
  const first = await startAgent(t, directory, service.directory, 1000);
  first.kill("SIGKILL");
  await startAgent(t, directory, service.directory, 1000);
  await sleep(systemClock, 1300);
  assert.equal(service.isRunning(), true);
});

test(
  "a guard that was stopped over the end fires as soon as it goes on, and refuses what waited in the pipe",
  options,
  async (t) => {
    const { directory, service, open } = await world(t);
    const guard = await open();
    await guard.arm("db", systemClock.nowMs() + 150, { directory: service.directory });
    const [pid] = await guardProcesses(directory);
    sendSignal(pid ?? 0, "SIGSTOP");
    const waiting = guard.arm("db", systemClock.nowMs() + 140, { directory: service.directory });
    await sleep(systemClock, 300);
    assert.equal(service.isRunning(), true);
    const continuedAtMs = systemClock.nowMs();
    sendSignal(pid ?? 0, "SIGCONT");
    await assert.rejects(waiting, Failure);
    await until(() => !service.isRunning());
    assert.ok(systemClock.nowMs() - continuedAtMs < 150);
  },
);

test("a killed guard is lost, then started anew and told the same ends", options, async (t) => {
  const { directory, service, open } = await world(t);
  const guard = await open();
  const seen: string[] = [];
  guard.onChange(() => seen.push(guard.state("db").state));
  const untilMs = systemClock.nowMs() + 1500;
  await guard.arm("db", untilMs, { directory: service.directory });
  await killGuard(directory);
  await until(() => guard.state("db").state === "lost");
  await assert.rejects(guard.arm("other", untilMs, { directory: service.directory }), Failure);
  await until(() => guard.state("db").state === "armed");
  assert.deepEqual(guard.state("db"), { state: "armed", untilMs });
  assert.deepEqual(seen, ["lost", "armed"]);
  await until(() => !service.isRunning());
});

test("a guard that does not answer is replaced", options, async (t) => {
  const { directory, service, open } = await world(t);
  const guard = await open();
  await guard.arm("db", systemClock.nowMs() + 8000, { directory: service.directory });
  const [pid] = await guardProcesses(directory);
  sendSignal(pid ?? 0, "SIGSTOP");
  await assert.rejects(guard.arm("db", systemClock.nowMs() + 9000, { directory: service.directory }), /not answered/);
  await until(() => guard.state("db").state === "armed");
  assert.notDeepEqual(await guardProcesses(directory), [pid]);
  assert.equal(service.isRunning(), true);
  await guard.disarm("db");
});

test("it ignores SIGTERM while it guards something, and obeys it else", options, async (t) => {
  const { directory, service, open } = await world(t);
  const guard = await open();
  await guard.arm("db", systemClock.nowMs() + 5000, { directory: service.directory });
  const [pid] = await guardProcesses(directory);
  sendSignal(pid ?? 0, "SIGTERM");
  await until(async () => (await logOf(directory)).includes("ignores SIGTERM: it guards db"));
  assert.equal(guard.state("db").state, "armed");
  await guard.disarm("db");
  await guard.close(true);
  await until(async () => (await guardProcesses(directory)).length === 0);
});

test("several agents that start at once share one guard, also where a dead one left its socket", options, async (t) => {
  const { directory, open } = await world(t);
  await (await open()).close(false);
  await killGuard(directory);
  const guards = await Promise.all([open(), open(), open(), open()]);
  await until(async () => (await guardProcesses(directory)).length === 1);
  for (const guard of guards) assert.equal(guard.state("db").state, "idle");
});

test(
  "its socket is for its user alone, its directory can only be passed through, and it stays small",
  options,
  async (t) => {
    const { directory, open } = await world(t);
    await open();
    assert.equal((await stat(directory)).mode & 0o777, 0o711);
    assert.equal((await stat(join(directory, "guard.sock"))).mode & 0o777, 0o600);
    const [pid] = await guardProcesses(directory);
    const status = await readFile(`/proc/${pid}/status`, "utf8");
    const own = Number(/RssAnon:\s+(\d+) kB/.exec(status)?.[1]);
    t.diagnostic(`resident: ${/VmRSS:\s+(\d+)/.exec(status)?.[1]} kB, of which its own: ${own} kB`);
    assert.ok(own < 30_000);
  },
);

test("a directory with too long a name is the user's mistake", options, async () => {
  const directory = join("/tmp", "d".repeat(100));
  await assert.rejects(openProcessGuard({ directory, clock: systemClock }), /too long a name/);
});

test("a socket that belongs to somebody else's program is not taken over", options, async (t) => {
  const { directory, open } = await world(t);
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(join(directory, "guard.sock"), resolve));
  t.after(() => server.close());
  await assert.rejects(open(), Failure);
});

async function world(t: TestContext): Promise<{
  directory: string;
  service: Awaited<ReturnType<typeof startSleepers>>;
  open: () => Promise<Guard>;
}> {
  const directory = await makeDirectory();
  const service = await startSleepers();
  const guards: Guard[] = [];
  t.after(async () => {
    for (const guard of guards) await guard.close(false);
    for (const pid of service.pids) sendSignal(pid, "SIGKILL");
    await removeDirectory(service.directory);
    await removeDirectory(directory);
  });
  const open = async (): Promise<Guard> => {
    const guard = await openProcessGuard({ directory, clock: systemClock });
    guards.push(guard);
    return guard;
  };
  return { directory, service, open };
}

/** An agent of its own that renews for as long as it lives; resolves once it has done so first. */
async function startAgent(t: TestContext, directory: string, data: string, leaseMs: number): Promise<ChildProcess> {
  const agent = spawn(process.execPath, [AGENT, directory, data, String(leaseMs)], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  t.after(() => agent.kill("SIGKILL"));
  await new Promise((resolve) => agent.stdout?.once("data", resolve));
  return agent;
}

async function killGuard(directory: string): Promise<void> {
  for (const pid of await guardProcesses(directory)) sendSignal(pid, "SIGKILL");
}

function logOf(directory: string): Promise<string> {
  return readFile(join(directory, "guard.log"), "utf8");
}

async function until(holds: () => boolean | Promise<boolean>): Promise<void> {
  const endAtMs = systemClock.nowMs() + 4000;
  while (!(await holds())) {
    assert.ok(systemClock.nowMs() < endAtMs, "waited in vain");
    await sleep(systemClock, 5);
  }
}
