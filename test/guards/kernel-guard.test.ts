import assert from "node:assert/strict";
import { spawn, spawnSync, type ChildProcess } from "node:child_process";
import { mkdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { fileURLToPath } from "node:url";
import { systemClock } from "../../src/agent/system-clock.ts";
import type { Guard } from "../../src/guards/guard.ts";
import { missingForKernelGuard } from "../../src/guards/kernel/availability.ts";
import { planDoor } from "../../src/guards/kernel/door-plan.ts";
import { Door } from "../../src/guards/kernel/door.ts";
import { NftShell } from "../../src/guards/kernel/nft-shell.ts";
import { openGuard } from "../../src/guards/open-guard.ts";
import { guardProcesses } from "../../src/guards/process/start-guard.ts";
import { promptPriority } from "../../src/host/priority.ts";
import { sendSignal } from "../../src/host/processes.ts";
import { sleep } from "../../src/lib/clock.ts";
import { Failure, UserError } from "../../src/lib/failure.ts";
import { guardConformance } from "../conformance/guard.ts";
import { enterOwnNetwork } from "../support/own-network.ts";
import { knock, startEcho, Visitor } from "./door-visitor.ts";
import { makeDirectory, removeDirectory, startSleepers } from "./sleeping-service.ts";

const AGENT = fileURLToPath(new URL("pretended-agent.ts", import.meta.url));
const skip = enterOwnNetwork() || (await missingForKernelGuard()) || false;
// As the agent does; its nft inherits it.
promptPriority();
const options = { timeout: 30_000, skip };

const [OWN, MEMBER, CLIENT] = ["127.0.0.1", "127.0.0.2", "127.0.0.9"];
/** How long after the end the last answer may come: the kernel's doors are exact, and end a little early. */
const EXACT_MS = 2;

if (skip === false) {
  guardConformance("kernel", async () => {
    const { dispose, open } = await place(5432);
    const started: { directory: string; pids: readonly number[] }[] = [];
    return {
      clock: systemClock,
      open,
      async startService() {
        const service = await startSleepers();
        started.push(service);
        return { target: { directory: service.directory }, isRunning: () => service.isRunning() };
      },
      async dispose() {
        await dispose();
        for (const service of started) {
          for (const pid of service.pids) sendSignal(pid, "SIGKILL");
          await removeDirectory(service.directory);
        }
      },
    };
  });
}

test("clients come in only when they are admitted, members as soon as it is armed", options, async (t) => {
  const { guard, port, target } = await world(t);
  assert.equal(await knock(port, CLIENT), "accepted", "a standby has no doors");
  await guard.arm("db", systemClock.nowMs() + 5000, target);
  assert.equal(await knock(port, MEMBER), "accepted");
  assert.equal(await knock(port, OWN), "accepted");
  assert.equal(await knock(port, CLIENT), "ECONNREFUSED");
  guard.admit("db", "everybody");
  await until(async () => (await knock(port, CLIENT)) === "accepted");
  await guard.arm("db", systemClock.nowMs() + 5000, target);
  assert.equal(await knock(port, CLIENT), "accepted");
  guard.admit("db", "members");
  await until(async () => (await knock(port, CLIENT)) === "ECONNREFUSED");
  assert.equal(await knock(port, MEMBER), "accepted");
  await guard.disarm("db");
  assert.equal(await knock(port, CLIENT), "accepted");
});

test("a door that was open for clients before is opened for them by the first arm", options, async (t) => {
  const { guard, port, target } = await world(t);
  guard.admit("db", "everybody");
  await guard.arm("db", systemClock.nowMs() + 5000, target);
  assert.equal(await knock(port, CLIENT), "accepted");
});

test(
  "established connections are cut at the end, in both directions, and none gets an answer later",
  options,
  async (t) => {
    const { guard, port, target, visit } = await world(t);
    guard.admit("db", "everybody");
    const untilMs = systemClock.nowMs() + 600;
    await guard.arm("db", untilMs, target);
    const visitors = [visit(CLIENT), visit(MEMBER)];
    await until(() => visitors.every((visitor) => visitor.endedAtMs !== null));
    for (const { lastAnswerMs, endedAtMs } of visitors) {
      const late = lastAnswerMs - untilMs;
      t.diagnostic(
        `last answer ${late.toFixed(1)} ms, connection cut ${((endedAtMs ?? 0) - untilMs).toFixed(1)} ms after the end`,
      );
      assert.ok(late < EXACT_MS && late > -400, `${late}`);
    }
    assert.equal(await knock(port, MEMBER), "ECONNREFUSED");
  },
);

test("renewals keep connections", options, async (t) => {
  const { guard, target, visit } = await world(t);
  guard.admit("db", "everybody");
  await guard.arm("db", systemClock.nowMs() + 500, target);
  const visitor = visit(CLIENT);
  for (let i = 0; i < 10; i++) {
    await sleep(systemClock, 100);
    await guard.arm("db", systemClock.nowMs() + 500, target);
  }
  assert.equal(visitor.endedAtMs, null);
  assert.ok(systemClock.nowMs() - visitor.lastAnswerMs < 100);
});

test("the doors close while the guard's process is stopped, and a late renewal opens none", options, async (t) => {
  const { guard, directory, port, target } = await world(t);
  await guard.arm("db", systemClock.nowMs() + 300, target);
  await signalGuard(directory, "SIGSTOP");
  await sleep(systemClock, 350);
  assert.equal(await knock(port, MEMBER), "ECONNREFUSED", "although all processes live");
  await signalGuard(directory, "SIGCONT");
  await assert.rejects(guard.arm("db", systemClock.nowMs() + 1000, target), Failure);
  await until(() => guard.state("db").state === "fired");
  assert.equal(await knock(port, MEMBER), "ECONNREFUSED");
  await guard.disarm("db");
  assert.deepEqual(guard.state("db"), { state: "idle" });
  await guard.arm("db", systemClock.nowMs() + 1000, target);
  assert.equal(await knock(port, MEMBER), "accepted");
});

test(
  "making the doors cuts clients off, and no member: it may be on its way in as the next standby",
  options,
  async (t) => {
    const { port, visit } = await world(t);
    const shell = new NftShell();
    const subject = { group: "x", address: { host: OWN ?? "", port }, members: [MEMBER ?? ""] };
    const door = new Door(await planDoor("/nowhere", subject, () => undefined), shell, systemClock);
    t.after(() => door.remove().finally(() => shell.close()));
    const [member, client] = [visit(MEMBER), visit(CLIENT)];
    await until(() => member.lastAnswerMs > 0 && client.lastAnswerMs > 0);
    await door.build();
    const builtAtMs = systemClock.nowMs();
    await until(() => client.endedAtMs !== null && member.lastAnswerMs > builtAtMs);
    assert.equal(await knock(port, MEMBER), "accepted");
    const untilMs = systemClock.nowMs() + 200;
    assert.equal(await door.keep(untilMs, false), "kept");
    await until(() => member.endedAtMs !== null);
    assert.ok(member.lastAnswerMs > builtAtMs && member.lastAnswerMs < untilMs + EXACT_MS);
    assert.equal(await knock(port, MEMBER), "ECONNREFUSED", "the first opening has given it an end");
  },
);

test("what was counted before a stop opens nothing after it", options, async (t) => {
  const { port, visit } = await world(t);
  const shell = new NftShell();
  t.after(() => shell.close());
  const plan = await planDoor(
    "/nowhere",
    { group: "x", address: { host: OWN ?? "", port }, members: [] },
    () => undefined,
  );
  let stopMs = 300;
  const stopping = { ...systemClock, nowMs: () => stopAfter(systemClock.nowMs(), stopMs) };
  const door = new Door(plan, shell, stopping);
  await door.build();
  await assert.rejects(door.keep(systemClock.nowMs() + 5000, true), /too slow/);
  assert.equal(await knock(port, CLIENT), "ECONNREFUSED");
  stopMs = 40;
  const untilMs = systemClock.nowMs() + 1000;
  assert.equal(await door.keep(untilMs, true), "kept", "by a ticket that lives longer than the stop");
  const visitor = visit(CLIENT);
  await until(() => visitor.endedAtMs !== null);
  assert.ok(visitor.lastAnswerMs > 0 && visitor.lastAnswerMs < untilMs + EXACT_MS);
  assert.equal(await door.keep(untilMs + 1000, true), "expired");
});

test(
  "the doors of an agent that is stopped close, and what it had begun opens none when it goes on",
  options,
  async (t) => {
    const { directory, port, target, visit, leaveGuard } = await world(t);
    await leaveGuard();
    const lateMs: number[] = [];
    for (let round = 0; round < 3; round++) {
      const agent = await startAgent(t, directory, target.directory, 200, port);
      const visitor = visit(CLIENT);
      await sleep(systemClock, 53 + round * 3);
      const family = [agent.pid ?? 0, ...childrenOf(agent.pid ?? 0)];
      const stoppedAtMs = systemClock.nowMs();
      for (const pid of family) sendSignal(pid, "SIGSTOP");
      await until(() => visitor.endedAtMs !== null);
      lateMs.push(visitor.lastAnswerMs - stoppedAtMs - 200);
      for (const pid of family) sendSignal(pid, "SIGCONT");
      await sleep(systemClock, 40);
      assert.notEqual(await knock(port, CLIENT), "accepted", "what was on its way came too late");
      agent.kill("SIGKILL");
      await removeGuardOf(directory, port);
    }
    t.diagnostic(`last answer, after the end at the latest: ${Math.max(...lateMs).toFixed(1)} ms`);
    assert.ok(Math.max(...lateMs) < EXACT_MS);
  },
);

test(
  "an agent that was killed leaves doors that close, and one that comes within the lease keeps them open",
  options,
  async (t) => {
    const { directory, port, target, visit, leaveGuard } = await world(t);
    await leaveGuard();
    const first = await startAgent(t, directory, target.directory, 2000, port);
    const visitor = visit(CLIENT);
    first.kill("SIGKILL");
    const second = await startAgent(t, directory, target.directory, 1000, port);
    await sleep(systemClock, 2100);
    assert.equal(visitor.endedAtMs, null);
    second.kill("SIGKILL");
    const killedAtMs = systemClock.nowMs();
    await until(() => visitor.endedAtMs !== null);
    assert.ok(visitor.lastAnswerMs - killedAtMs < 1000 + EXACT_MS);
    assert.equal(await knock(port, MEMBER), "ECONNREFUSED");
  },
);

test(
  "doors that a dead agent and a dead guard have left are said to have closed, and are not opened",
  options,
  async (t) => {
    const { directory, port, target, open, leaveGuard, guard } = await world(t);
    await guard.arm("db", systemClock.nowMs() + 3000, target);
    await leaveGuard();
    await signalGuard(directory, "SIGKILL");
    const next = await open();
    assert.equal(next.state("db").state, "fired");
    await assert.rejects(next.arm("db", systemClock.nowMs() + 1000, target), Failure);
    await next.disarm("db");
    assert.equal(next.state("db").state, "idle");
    assert.equal(await knock(port, CLIENT), "accepted");
  },
);

test("doors that somebody else removed are made again within the lease", options, async (t) => {
  const { guard, port, target } = await world(t);
  await guard.arm("db", systemClock.nowMs() + 2000, target);
  nft("flush ruleset");
  assert.equal(await knock(port, CLIENT), "accepted");
  await guard.arm("db", systemClock.nowMs() + 2000, target);
  assert.equal(await knock(port, CLIENT), "ECONNREFUSED");
  assert.equal(await knock(port, MEMBER), "accepted");
});

test(
  "nothing else of the machine's rules is touched, and the tables of nodes that are gone are removed",
  options,
  async (t) => {
    nft("add table inet other; add chain inet other c { type filter hook input priority 0; policy accept; }");
    t.after(() => nft("delete table inet other"));
    const gone = await place(4000);
    const lost = await gone.open();
    await lost.arm("db", systemClock.nowMs() + 50, { directory: "/nowhere" });
    await lost.close(false);
    assert.equal(tables().length, 2);
    await gone.dispose(false);
    const { guard, target } = await world(t);
    assert.deepEqual(tables(), ["other"]);
    await guard.arm("db", systemClock.nowMs() + 2000, target);
    assert.equal(tables().length, 2);
    await guard.disarm("db");
    assert.deepEqual(tables(), ["other"]);
  },
);

test("a service that only this machine can reach has no doors unless they are asked for", options, async (t) => {
  const { directory } = await world(t);
  const common = { directory: join(directory, "second"), clock: systemClock, log: () => undefined };
  const subjects = [{ group: "db", address: { host: OWN, port: 5432 }, members: [MEMBER] }];
  await mkdir(common.directory);
  const { guard, missing } = await openGuard({ ...common, wish: "auto", subjects });
  assert.deepEqual([guard.kind, missing], ["process", null]);
  await guard.close(true);
  const wide = [{ group: "db", address: { host: "10.9.8.7", port: 5432 }, members: [MEMBER] }];
  const other = await openGuard({ ...common, wish: "auto", subjects: wide });
  assert.deepEqual([other.guard.kind, other.missing], ["kernel", null]);
  await other.guard.close(true);
});

test("without nftables it is said what to do", options, async () => {
  assert.match((await missingForKernelGuard("no-such-program")) ?? "", /install the package nftables/);
  const { directory, dispose } = await place(1);
  const path = process.env["PATH"];
  process.env["PATH"] = "/nowhere";
  try {
    const subjects = [{ group: "db", address: { host: OWN, port: 5432 }, members: [] }];
    const asked = openGuard({ directory, clock: systemClock, wish: "kernel", subjects, log: () => undefined });
    await assert.rejects(asked, UserError);
  } finally {
    process.env["PATH"] = path;
    await dispose();
  }
});

/** A node's directory and how to open its guard. */
async function place(port: number): Promise<{
  readonly directory: string;
  readonly open: () => Promise<Guard>;
  readonly dispose: (withTable?: boolean) => Promise<void>;
}> {
  const directory = await makeDirectory();
  const subjects = ["db", "short", "long", "other"].map((group, i) => ({
    group,
    address: { host: OWN ?? "", port: port + i },
    members: [MEMBER ?? ""],
  }));
  const open = async (): Promise<Guard> =>
    (await openGuard({ directory, clock: systemClock, wish: "kernel", subjects, log: () => undefined })).guard;
  const dispose = async (withTable = true): Promise<void> => {
    await removeDirectory(directory);
    if (withTable) for (const name of tables()) nft(`delete table inet ${name}`);
  };
  return { directory, open, dispose };
}

interface World {
  readonly directory: string;
  readonly port: number;
  readonly target: { readonly directory: string };
  readonly guard: Guard;
  readonly open: () => Promise<Guard>;
  readonly leaveGuard: () => Promise<void>;
  readonly visit: (from: string | undefined) => Visitor;
}

/** A node with a guard whose service are two sleepers and a server that echoes, which the guard does not end. */
async function world(t: TestContext): Promise<World> {
  const { server, port } = await startEcho(OWN ?? "");
  const { directory, open: openAnother, dispose } = await place(port);
  const service = await startSleepers();
  const guards: Guard[] = [];
  const visitors: Visitor[] = [];
  t.after(async () => {
    for (const visitor of visitors) visitor.leave();
    for (const guard of guards) await guard.close(false);
    for (const pid of service.pids) sendSignal(pid, "SIGKILL");
    server.close();
    await dispose();
    await rm(service.directory, { recursive: true, force: true });
  });
  const open = async (): Promise<Guard> => {
    const guard = await openAnother();
    guards.push(guard);
    return guard;
  };
  const visit = (from: string | undefined): Visitor => {
    const visitor = new Visitor(port, from ?? "");
    visitors.push(visitor);
    return visitor;
  };
  const guard = await open();
  const leaveGuard = (): Promise<void> => guard.close(false);
  return { directory, port, target: { directory: service.directory }, guard, open, leaveGuard, visit };
}

async function startAgent(
  t: TestContext,
  directory: string,
  data: string,
  leaseMs: number,
  port: number,
): Promise<ChildProcess> {
  const agent = spawn(process.execPath, [AGENT, directory, data, String(leaseMs), String(port)], {
    stdio: ["ignore", "pipe", "ignore"],
  });
  t.after(() => {
    agent.kill("SIGCONT");
    agent.kill("SIGKILL");
  });
  await new Promise((resolve) => agent.stdout?.once("data", resolve));
  return agent;
}

/** Ends the guard's process and removes its doors, as if the machine had been started anew. */
async function removeGuardOf(directory: string, port: number): Promise<void> {
  await signalGuard(directory, "SIGKILL");
  await until(async () => (await guardProcesses(directory)).length === 0);
  for (const name of tables()) nft(`delete table inet ${name}`);
  assert.equal(await knock(port, CLIENT), "accepted");
}

/** The instant, told only after we stood still for a while. */
function stopAfter(nowMs: number, stopMs: number): number {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, stopMs);
  return nowMs;
}

async function signalGuard(directory: string, signal: NodeJS.Signals): Promise<void> {
  for (const pid of await guardProcesses(directory)) sendSignal(pid, signal);
}

function childrenOf(pid: number): readonly number[] {
  const { stdout } = spawnSync("pgrep", ["-P", String(pid)], { encoding: "utf8" });
  return stdout.split("\n").filter(Boolean).map(Number);
}

function nft(text: string): string {
  const { status, stdout, stderr } = spawnSync("nft", [text], { encoding: "utf8" });
  assert.equal(status, 0, stderr);
  return stdout;
}

function tables(): readonly string[] {
  return nft("list tables inet")
    .split("\n")
    .filter(Boolean)
    .map((line) => line.split(" ").at(-1) ?? "");
}

async function until(holds: () => boolean | Promise<boolean>): Promise<void> {
  const endAtMs = systemClock.nowMs() + 8000;
  while (!(await holds())) {
    assert.ok(systemClock.nowMs() < endAtMs, "waited in vain");
    await sleep(systemClock, 2);
  }
}
