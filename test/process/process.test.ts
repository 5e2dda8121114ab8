import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { systemClock } from "../../src/agent/system-clock.ts";
import { ALONE } from "../../src/core/commit-rule.ts";
import type { ServiceAction } from "../../src/core/service-action.ts";
import { processesOf } from "../../src/host/belonging.ts";
import { endProcessesOf, isAlive } from "../../src/host/processes.ts";
import type { ProcessConfig } from "../../src/config/process-config.ts";
import { ProcessLauncher } from "../../src/services/process/process-launcher.ts";
import type { Place } from "../../src/services/process/place.ts";
import { openProcess, type ProcessService } from "../../src/services/process/process-service.ts";
import { makePlace, SERVER } from "./world.ts";

const options = { timeout: 60_000 };
const shell = (script: string): readonly string[] => ["/bin/sh", "-c", script];

interface Scene {
  readonly place: Place;
  readonly service: ProcessService;
  readonly told: string[];
  readonly act: (action: ServiceAction) => Promise<void>;
  readonly promote: (term: number) => Promise<void>;
}

async function scene(t: TestContext, change: Partial<ProcessConfig>): Promise<Scene> {
  const place = await makePlace(change);
  const service = await openProcess(place);
  const told: string[] = [];
  t.after(async () => {
    await service.close();
    await endProcessesOf(new ProcessLauncher(place).belongingOf(null), null, 5000);
    await place[Symbol.asyncDispose]();
  });
  const act = (action: ServiceAction): Promise<void> => service.perform(action, (text) => told.push(text));
  const promote = (term: number): Promise<void> => act({ do: "promote", term, forks: [], rule: ALONE });
  return { place, service, told, act, promote };
}

/** A signal is not answered: it is acted upon a moment later. */
async function untilAnswer(place: Place, expected: string): Promise<void> {
  for (const endAtMs = performance.now() + 10_000; ; await new Promise((resolve) => setTimeout(resolve, 10))) {
    const answer = await answerOf(place);
    if (answer === expected) return;
    assert.ok(performance.now() < endAtMs, `"${answer}", not "${expected}"`);
  }
}

async function answerOf({ address }: Place): Promise<string> {
  return (await (await fetch(`http://${address.host}:${address.port}/`)).text()).trim();
}

test("a process finds out from its environment what it is", options, async (t) => {
  const script = 'env | sort > env.txt; cat > args.txt <<< "$0 $1"; exec sleep 600';
  const command = ["/bin/bash", "-c", script, "{member}@{host}", "{group}:{port}"];
  const { act, promote, place } = await scene(t, { command, ready: "lives", environment: { COLOUR: "blue" } });
  await act({ do: "start" });
  await promote(3);
  const work = join(place.memberDirectory, "work");
  const { port } = place.address;
  assert.equal(await readFile(join(work, "args.txt"), "utf8"), `a@127.0.0.1 web:${port}\n`);
  const seen = await readFile(join(work, "env.txt"), "utf8");
  for (const line of [
    "COLOUR=blue",
    "UNDERSTUDY_GROUP=web",
    "UNDERSTUDY_MEMBER=a",
    "UNDERSTUDY_ROLE=primary",
    "UNDERSTUDY_TERM=3",
    `UNDERSTUDY_ADDRESS=127.0.0.1:${port}`,
    `UNDERSTUDY_PEERS=b=127.0.0.1:${place.members["b"]?.port}`,
  ])
    assert.ok(seen.split("\n").includes(line), `${line} is missing in\n${seen}`);
});

const failures: readonly (readonly [string, Partial<ProcessConfig>, RegExp])[] = [
  [
    "a program that is not there",
    { command: ["no-such-program"] },
    /there is no such program that may be run.*"command"/,
  ],
  ["a directory that is not there", { directory: "/nowhere" }, /no directory "\/nowhere"/],
  [
    "one that dies at once",
    { command: shell("echo the port is taken >&2; exit 3") },
    /ended with 3: the port is taken/,
  ],
  ["one that goes into the background", { command: shell("setsid sleep 600 & exit 0") }, /background.*foreground/],
  ["one that never listens", { command: ["sleep", "600"], startMs: 300 }, /not ready within 0.3 s: nothing listens at/],
  ["a question that is never answered well", { ready: { command: shell("exit 1") }, startMs: 400 }, /not ready within/],
];

for (const [what, change, message] of failures)
  test(`it is said what is wrong with ${what}, and nothing of it is left`, options, async (t) => {
    const { act, promote, service } = await scene(t, change);
    await act({ do: "start" });
    await assert.rejects(promote(1), message);
    await act({ do: "stop", how: "kill", because: "" });
    assert.deepEqual(processesOf(service.guardTarget), []);
    assert.equal((await service.look()).state, "stopped");
  });

test("one that ends soon after its start waits longer and longer for the next one", options, async (t) => {
  const { act, promote, told } = await scene(t, { command: shell("exit 1") });
  await act({ do: "start" });
  for (const term of [1, 2]) await assert.rejects(promote(term));
  const beganMs = performance.now();
  await assert.rejects(promote(3));
  assert.ok(performance.now() - beganMs > 800, `only ${Math.round(performance.now() - beganMs)} ms`);
  assert.ok(
    told.some((text) => /ended early 2 times; next start in 1 s/.test(text)),
    told.join(),
  );
});

test("children that call themselves somebody else's end with it", options, async (t) => {
  const script = "env -i setsid sleep 600 & (cd / && setsid sleep 600) & exec sleep 600";
  const { act, promote, service } = await scene(t, { command: shell(script), ready: "lives" });
  await act({ do: "start" });
  await promote(1);
  const living = processesOf(service.guardTarget);
  assert.ok(living.length >= 2, `${living.length}`);
  await act({ do: "stop", how: "clean", because: "" });
  for (const pid of living) assert.equal(await isAlive(pid), false, `${pid} lives on`);
});

test("a warm one is told by signals, and is the same process all the time", options, async (t) => {
  const tell = { promote: { signal: "SIGUSR1" }, demote: { signal: "SIGUSR2" } } as const;
  const { act, promote, place, service } = await scene(t, { standby: "hot", ...tell });
  await act({ do: "start" });
  const pid = (await answerOf(place)).split(" ")[2];
  assert.equal(await answerOf(place), `a standby ${pid}`);
  await promote(2);
  await untilAnswer(place, `a primary ${pid}`);
  await act({ do: "stop", how: "clean", because: "" });
  assert.equal((await service.look()).state, "stopped");
  await act({ do: "start" });
  await untilAnswer(place, `a standby ${pid}`);
  assert.equal((await service.look()).state, "standby");
});

test("a demoted one that nobody starts again is ended", options, async (t) => {
  const { act, promote, service } = await scene(t, { demote: { command: ["true"] } });
  await act({ do: "start" });
  await promote(2);
  await act({ do: "stop", how: "clean", because: "" });
  assert.ok(processesOf(service.guardTarget).length > 0);
  await service.close();
  assert.deepEqual(processesOf(service.guardTarget), []);
});

test("how far its data goes is asked beside everything else", options, async (t) => {
  const { act, promote, service, place } = await scene(t, { position: { command: ["cat", "../position"] } });
  await act({ do: "start" });
  await promote(1);
  assert.equal((await service.look()).offset, 0);
  await writeFile(join(place.memberDirectory, "position"), "some words\n4711\n");
  for (const endAtMs = performance.now() + 10_000; (await service.look()).offset !== 4711;) {
    assert.ok(performance.now() < endAtMs);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
});

test("what it says is kept", options, async (t) => {
  const { act, promote, place } = await scene(t, {
    command: shell(`echo hello; exec ${process.execPath} ${SERVER}`),
  });
  await act({ do: "start" });
  await promote(1);
  assert.match(await readFile(join(place.memberDirectory, "process.log"), "utf8"), /^hello\n/);
});

test(
  "nothing begins as primary when the guard's time is over, also if that came while it waited",
  options,
  async (t) => {
    let untilMs = Infinity;
    const place = {
      ...(await makePlace({ command: shell("touch began; exit 1"), ready: "lives" })),
      guardedUntilMs: () => untilMs,
    };
    const service = await openProcess(place);
    t.after(async () => {
      await service.close();
      await place[Symbol.asyncDispose]();
    });
    const promote = (term: number): Promise<void> =>
      service.perform({ do: "promote", term, forks: [], rule: ALONE }, () => undefined);
    const began = join(place.memberDirectory, "work", "began");
    await service.perform({ do: "start" }, () => undefined);
    untilMs = systemClock.nowMs() - 1;
    await assert.rejects(promote(1), /time for which it may be primary is over/);
    assert.equal(existsSync(began), false);
    untilMs = Infinity;
    await assert.rejects(promote(2), /ended with 1/);
    assert.equal(existsSync(began), true);
    await rm(began);
    const late = promote(3);
    untilMs = systemClock.nowMs();
    await assert.rejects(late, /time for which it may be primary is over/);
    assert.equal(existsSync(began), false);
    assert.deepEqual(processesOf(service.guardTarget), []);
  },
);
