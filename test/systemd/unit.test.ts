import assert from "node:assert/strict";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { ALONE } from "../../src/core/commit-rule.ts";
import type { ServiceAction } from "../../src/core/service-action.ts";
import type { SystemdConfig } from "../../src/config/process-config.ts";
import { processesOf } from "../../src/host/belonging.ts";
import { openSystemd } from "../../src/services/systemd/open-systemd.ts";
import type { ProcessService } from "../../src/services/process/process-service.ts";
import { whyNoSystemd } from "./user-systemd.ts";
import { makeUnit, UNIT, type UnitWorld } from "./world.ts";

const options = { skip: whyNoSystemd() ?? false, timeout: 60_000 };

interface Scene extends UnitWorld {
  readonly service: ProcessService;
  act(action: ServiceAction): Promise<void>;
  promote(term: number): Promise<void>;
  /** The unit's properties, as systemd says them. */
  shown(property: string): Promise<string>;
}

async function scene(
  t: TestContext,
  { mode = "", more = "", change = {}, before = async () => undefined }: Partial<SceneParts>,
): Promise<Scene> {
  const world = await makeUnit(mode, more, change);
  t.after(() => world[Symbol.asyncDispose]());
  await before(world);
  const service = await openSystemd(world.place);
  t.after(() => service.close());
  const act = (action: ServiceAction): Promise<void> => service.perform(action, () => undefined);
  return {
    ...world,
    service,
    act,
    promote: (term) => act({ do: "promote", term, forks: [], rule: ALONE }),
    shown: async (property) => (await world.systemd.run("show", "--value", "-p", property, UNIT)).trim(),
  };
}

interface SceneParts {
  readonly mode: string;
  readonly more: string;
  readonly change: Partial<SystemdConfig>;
  readonly before: (world: UnitWorld) => Promise<unknown>;
}

async function answer({ place }: UnitWorld): Promise<string> {
  return (await fetch(`http://127.0.0.1:${place.address.port}/`)).text();
}

test("a unit is told what it is, and systemd starts it again no more", options, async (t) => {
  const unit = await scene(t, {
    more: "Restart=always\nRestartSec=10ms",
    change: { environment: { X: 'a "b" $c \\d %e' } },
  });
  await unit.act({ do: "start" });
  await unit.promote(3);
  assert.match(await answer(unit), /^a primary \d+$/m);
  const pid = await unit.shown("MainPID");
  const environment = await readFile(`/proc/${pid}/environ`, "latin1");
  assert.ok(environment.split("\0").includes("UNDERSTUDY_TERM=3"), environment);
  assert.ok(environment.split("\0").includes('X=a "b" $c \\d %e'), environment);
  process.kill(Number(pid), "SIGKILL");
  await sleep(500);
  assert.equal((await unit.service.look()).state, "stopped");
  assert.deepEqual(processesOf(unit.service.guardTarget), []);
});

test("nobody starts it by hand where it must not run", options, async (t) => {
  const unit = await scene(t, {});
  await unit.act({ do: "start" });
  await unit.systemd.run("start", UNIT);
  assert.equal(await unit.shown("MainPID"), "0");
  await unit.promote(2);
  await unit.act({ do: "stop", how: "clean", because: "" });
  await unit.systemd.run("start", UNIT);
  assert.equal(await unit.shown("MainPID"), "0");
  await unit.act({ do: "start" });
  await unit.promote(4);
  assert.match(await answer(unit), /primary/);
});

for (const [when, leftMs] of [
  ["is over", -20],
  ["has been ended by the guard", -Infinity],
] as const)
  test(`an agent that was held up on the way starts nothing when its time ${when}`, options, async (t) => {
    const world = await makeUnit();
    t.after(() => world[Symbol.asyncDispose]());
    const { clock } = world.place;
    const service = await openSystemd({ ...world.place, guardedUntilMs: () => clock.nowMs() + leftMs });
    t.after(() => service.close());
    await service.perform({ do: "start" }, () => undefined);
    const promoted = service.perform({ do: "promote", term: 2, forks: [], rule: ALONE }, () => undefined);
    await assert.rejects(promoted, /it is not here|failed/);
    assert.deepEqual(processesOf(service.guardTarget), []);
  });

test("what runs before the agent is there is seen, ended, and started anew in its role", options, async (t) => {
  const before = ({ systemd }: UnitWorld): Promise<string> => systemd.run("start", UNIT);
  const more = "Environment=UNDERSTUDY_PORT=0 UNDERSTUDY_HOST=127.0.0.1";
  const unit = await scene(t, { before, more, mode: "children" });
  assert.equal((await unit.service.look()).state, "stopping");
  await assert.rejects(unit.act({ do: "start" }), /still live/);
  await unit.act({ do: "stop", how: "kill", because: "" });
  assert.deepEqual(processesOf(unit.service.guardTarget), []);
  assert.match(await unit.shown("ActiveState"), /inactive|failed/);
  await unit.act({ do: "start" });
  await unit.promote(1);
});

test("a unit that is enabled is told of: systemd would start it at boot", options, async (t) => {
  const more = "[Install]\nWantedBy=default.target";
  const unit = await scene(t, { more, before: ({ systemd }) => systemd.run("enable", UNIT) });
  const { problem } = await unit.service.look();
  assert.match(problem ?? "", /started at boot.*systemctl --user disable site\.service/);
});

const undoing = async ({ systemd }: UnitWorld): Promise<void> => {
  const directory = join(systemd.directory, ".config/systemd/user", `${UNIT}.d`);
  await mkdir(directory, { recursive: true });
  await writeFile(join(directory, "zzz.conf"), "[Service]\nRestart=always\n");
  await systemd.run("daemon-reload");
};

const mistakes: readonly [string, Partial<SceneParts>, RegExp][] = [
  ["is started again by a file behind ours", { before: undoing }, /has Restart=always in a file behind/],
  ["does not exist", { change: { unit: "nowhere.service" } }, /no unit "nowhere\.service"\. Put its file there/],
  ["is masked", { before: ({ systemd }) => systemd.run("mask", UNIT) }, /is masked: systemctl --user unmask/],
  [
    "fails at once",
    { before: ({ systemd }) => systemd.unit(UNIT, "[Service]\nExecStart=/bin/sh -c 'exit 3'\n") },
    /ended with 3/,
  ],
  [
    "has no main process",
    {
      before: ({ systemd }) =>
        systemd.unit(UNIT, "[Service]\nType=oneshot\nRemainAfterExit=yes\nExecStart=/bin/true\n"),
    },
    /no main process.*foreground/,
  ],
  [
    "starts for too long",
    {
      change: { startMs: 300 },
      before: ({ systemd }) => systemd.unit(UNIT, "[Service]\nType=notify\nExecStart=/bin/sleep 60\n"),
    },
    /took longer than 300 ms/,
  ],
  [
    "cannot be read",
    { before: ({ systemd }) => systemd.unit(UNIT, "[Service]\nType=simple\n") },
    /cannot be used \(bad-setting\)/,
  ],
];

for (const [what, parts, message] of mistakes)
  test(`a unit that ${what} is told what to do about, and nothing of it is left`, options, async (t) => {
    const unit = await scene(t, parts);
    await unit.act({ do: "start" });
    await assert.rejects(unit.promote(2), message);
    await unit.act({ do: "stop", how: "kill", because: "" });
    assert.deepEqual(processesOf(unit.service.guardTarget), []);
  });

test("where no systemd runs, that is what is said", { timeout: 20_000 }, async (t) => {
  const world = whyNoSystemd() === null ? await makeUnit() : null;
  if (world === null) return t.skip("needs a place");
  await world[Symbol.asyncDispose]();
  const service = await openSystemd(world.place);
  t.after(() => service.close());
  assert.match(
    (await service.look()).problem ?? "",
    /systemd cannot be reached|XDG_RUNTIME_DIR|Cannot add to the unit/,
  );
});
