import assert from "node:assert/strict";
import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import type { ExecCheckConfig } from "../../src/config/check-config.ts";
import { isAlive } from "../../src/host/processes.ts";
import { isRoot } from "../../src/host/account.ts";
import { openCheck } from "../../src/checks/open-check.ts";
import { directoryOf, listening, memberAt, TIMES, tryOnce, until } from "./world.ts";

const PLUGINS = "/usr/lib/nagios/plugins";
const skip = existsSync(`${PLUGINS}/check_dummy`)
  ? false
  : `there are no monitoring plugins in ${PLUGINS} (apt install monitoring-plugins-basic)`;

const exec = (command: readonly string[], more: Partial<ExecCheckConfig> = {}): ExecCheckConfig => ({
  kind: "exec",
  command,
  warningIs: "good",
  runAs: null,
  ...TIMES,
  ...more,
});

/** A program of the test's own, which others may run. */
function script(t: TestContext, lines: string): [file: string, directory: string] {
  const directory = directoryOf(t);
  chmodSync(directory, 0o755);
  const file = join(directory, "plugin");
  writeFileSync(file, `#!/bin/sh\n${lines}\n`, { mode: 0o755 });
  return [file, directory];
}

const pidIn = (file: string): number => Number(readFileSync(file, "utf8"));

test("monitoring plugins are run and read", { skip, timeout: 30_000 }, async (t) => {
  const dummy = (code: string, more: Partial<ExecCheckConfig> = {}) =>
    tryOnce(exec([`${PLUGINS}/check_dummy`, code, "it is so"], more));
  assert.deepEqual([(await dummy("0")).ok, (await dummy("0")).text], [true, "OK: it is so"]);
  assert.deepEqual([(await dummy("1")).ok, (await dummy("1")).text], [true, "WARNING: it is so"]);
  assert.equal((await dummy("1", { warningIs: "bad" })).ok, false);
  assert.equal((await dummy("2")).ok, false);
  assert.deepEqual([(await dummy("3")).ok, (await dummy("3")).text], [false, "UNKNOWN: it is so"]);

  const address = await listening(t, () => undefined);
  const tcp = await tryOnce(exec([`${PLUGINS}/check_tcp`, "-H", "{host}", "-p", "{port}"]), address);
  assert.equal(tcp.ok, true, tcp.text);
  assert.match(tcp.text, new RegExp(`TCP OK.*port ${address.port}`));
  assert.deepEqual(
    tcp.metrics?.map(({ name, unit }) => [name, unit]),
    [["time", "s"]],
  );
  const refused = await tryOnce(exec([`${PLUGINS}/check_tcp`, "-H", "{host}", "-p", "{port}"]));
  assert.equal(refused.ok, false);
  const load = await tryOnce(exec([`${PLUGINS}/check_load`, "-w", "900,900,900", "-c", "999,999,999"]));
  assert.deepEqual(
    load.metrics?.map(({ name }) => name),
    ["load1", "load5", "load15"],
    load.text,
  );
});

test("no shell reads the words, and the member's own take the place of theirs", { timeout: 20_000 }, async (t) => {
  const [file] = script(t, 'printf "%s," "$@"; env | grep -c SECRET; exit 0');
  process.env["SECRET"] = "x";
  t.after(() => delete process.env["SECRET"]);
  const { text } = await tryOnce(exec([file, "{group}/{member}", "{host}:{port}", "$(id); *", "{other}"]), {
    host: "192.0.2.1",
    port: 80,
  });
  assert.equal(text, "g/a,192.0.2.1:80,$(id); *,{other},0");
});

test("a plugin that hangs is ended in time, with all that it has started", { timeout: 30_000 }, async (t) => {
  const [file, directory] = script(
    t,
    `cd "$1"; sleep 600 & echo $! > child; setsid sleep 600 & echo $! > stranger; trap '' TERM; echo $$ > own; while :; do sleep 600; done`,
  );
  const startedAt = performance.now();
  const result = await tryOnce(exec([file, directory]), undefined, 400);
  assert.deepEqual([result.ok, result.text], [false, "no answer in 400 ms"]);
  assert.ok(performance.now() - startedAt < 1500);
  for (const name of ["own", "child", "stranger"])
    await until(async () => !(await isAlive(pidIn(join(directory, name)))));
});

test("what a plugin leaves behind is ended, and nobody waits for it", { timeout: 30_000 }, async (t) => {
  const [file, directory] = script(
    t,
    `cd "$1"; sleep 600 & echo $! > quiet; setsid sleep 600 & echo $! > stranger; echo "fine | a=1"; exit 0`,
  );
  const result = await tryOnce(exec([file, directory]));
  assert.deepEqual([result.ok, result.text, result.metrics], [true, "fine", [{ name: "a", value: 1, unit: "" }]]);
  assert.ok(result.tookMs < 1500, String(result.tookMs));
  for (const name of ["quiet", "stranger"]) await until(async () => !(await isAlive(pidIn(join(directory, name)))));
});

test("megabytes of output are read and forgotten", { timeout: 60_000 }, async (t) => {
  const [file] = script(t, 'echo "much"; head -c 50000000 /dev/zero; exit 2');
  const before = process.memoryUsage().rss;
  const result = await tryOnce(exec([file]), undefined, 30_000);
  assert.deepEqual([result.ok, result.text], [false, "CRITICAL: much"]);
  assert.ok(process.memoryUsage().rss - before < 150e6);
  const [endless] = script(t, "exec yes");
  assert.equal((await tryOnce(exec([endless]), undefined, 300)).text, "no answer in 300 ms");
});

test("programs that cannot be run, die or say nothing have clear texts", { timeout: 20_000 }, async (t) => {
  const says = async (command: readonly string[], more?: Partial<ExecCheckConfig>) =>
    (await tryOnce(exec(command, more))).text;
  const [dies] = script(t, "kill -SEGV $$");
  const [strange] = script(t, "echo oh; exit 77");
  const [errors] = script(t, "echo complaint >&2; exit 2");
  const [locked] = script(t, "exit 0");
  chmodSync(locked, 0o644);
  mkdirSync(`${locked}-directory`);
  assert.equal(await says(["/nonexistent/check"]), "it could not be started: there is no such program");
  assert.equal(await says([locked]), "it could not be started: it may not be run");
  assert.equal(await says([`${locked}-directory`]), "it could not be started: it may not be run");
  assert.match(await says(["/bin/true\0"]), /could not be started/);
  assert.equal(await says([dies]), "it was ended by SIGSEGV");
  assert.equal(await says([strange]), "it ended with 77: oh");
  assert.equal(await says([errors]), "CRITICAL: complaint");
  assert.equal(await says(["true"]), "OK, without a word");
  assert.equal(await says(["false"]), "WARNING, without a word");
  assert.match(await says(["true"], { runAs: "no-such-user" }), /no user "no-such-user"|Cannot run/);
});

test("as root it runs as another user", { skip: isRoot() ? false : "only root can", timeout: 20_000 }, async () => {
  assert.equal((await tryOnce(exec(["id", "-un"], { runAs: "nobody" }))).text, "nobody");
});

test("only a few run at a time, and all get their turn", { timeout: 30_000 }, async (t) => {
  const [file, directory] = script(t, 'echo > "$1/$$"; ls "$1" | wc -l; sleep 0.1; rm "$1/$$"');
  const running = join(directory, "running");
  mkdirSync(running);
  const checks = Array.from({ length: 12 }, () => openCheck(exec([file, running]), memberAt({ host: "x", port: 1 })));
  const results = await Promise.all(checks.map((check) => check.run(5000)));
  assert.ok(results.every(({ ok }) => ok));
  assert.ok(Math.max(...results.map(({ text }) => Number(text))) <= 4);
});

test("a check that is closed ends its plugin", { timeout: 20_000 }, async (t) => {
  const [file, directory] = script(t, 'echo $$ > "$1/own"; exec sleep 600');
  const check = openCheck(exec([file, directory]), memberAt({ host: "x", port: 1 }));
  const running = check.run(60_000);
  await until(() => existsSync(join(directory, "own")) && pidIn(join(directory, "own")) > 0);
  check.close();
  assert.equal((await running).text, "the check was ended");
  await until(async () => !(await isAlive(pidIn(join(directory, "own")))));
});
