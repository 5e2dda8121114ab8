import assert from "node:assert/strict";
import { spawn, spawnSync, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { freePorts } from "../../bench/takeover/free-ports.ts";
import type { RedisCheckConfig } from "../../src/config/check-config.ts";
import type { Address } from "../../src/config/config.ts";
import { directoryOf, listening, TIMES, tryOnce, until } from "./world.ts";

const skip =
  spawnSync("redis-server", ["--version"]).status === 0
    ? false
    : "there is no redis-server here (apt install redis-server)";

const PLAIN: RedisCheckConfig = { kind: "redis", passwordFile: null, role: null, ...TIMES };

async function redis(t: TestContext, ...more: readonly string[]): Promise<[Address, ChildProcess]> {
  const [port = 0] = await freePorts(1);
  const args = ["--port", String(port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no", ...more];
  const server = spawn("redis-server", args, { stdio: "ignore", cwd: directoryOf(t) });
  t.after(async () => {
    const ended = once(server, "exit");
    if (server.exitCode === null && server.kill("SIGKILL")) await ended;
  });
  const address = { host: "127.0.0.1", port };
  await until(async () => !(await tryOnce(PLAIN, address)).text.includes("ECONNREFUSED"), 10_000);
  return [address, server];
}

test("a Redis answers, says its role, and is refused when it is another", { skip, timeout: 30_000 }, async (t) => {
  const [master] = await redis(t);
  assert.deepEqual((await tryOnce(PLAIN, master)).text, "answered PONG");
  assert.match((await tryOnce({ ...PLAIN, role: "master" }, master)).text, /it is a master$/);
  const asReplica = await tryOnce({ ...PLAIN, role: "replica" }, master);
  assert.deepEqual([asReplica.ok, asReplica.text], [false, "it is a master, not a replica"]);
  const [replica] = await redis(t, "--replicaof", `127.0.0.1 ${master.port}`);
  assert.equal((await tryOnce({ ...PLAIN, role: "replica" }, replica)).ok, true);
  const unneeded = join(directoryOf(t), "password");
  writeFileSync(unneeded, "secret\n", { mode: 0o600 });
  const knowsNone = await tryOnce({ ...PLAIN, passwordFile: unneeded }, master);
  assert.match(knowsNone.text, /knows no password|password in passwordFile is wrong/);
});

test("a Redis with a password wants it, from a file that others cannot read", { skip, timeout: 30_000 }, async (t) => {
  const [address] = await redis(t, "--requirepass", "secret");
  const file = (text: string, mode: number): string => {
    const path = join(directoryOf(t), "password");
    writeFileSync(path, text, { mode });
    return path;
  };
  const ask = async (passwordFile: string | null) => tryOnce({ ...PLAIN, passwordFile, role: "master" }, address);
  assert.equal((await ask(file("secret\n", 0o600))).ok, true);
  assert.equal((await ask(null)).text, "it wants a password: passwordFile");
  assert.equal((await ask(file("wrong", 0o600))).text, "the password in passwordFile is wrong");
  assert.match((await ask(file("secret", 0o644))).text, /can be read by others \(do: chmod 600/);
  assert.match((await ask(file("", 0o600))).text, /is empty/);
  const missing = await ask("/nonexistent/password");
  assert.deepEqual([missing.ok, /cannot be read: ENOENT/.test(missing.text)], [false, true]);
});

test(
  "a Redis that is stopped gives no answer in time, and one that ended refuses",
  { skip, timeout: 30_000 },
  async (t) => {
    const [address, server] = await redis(t);
    server.kill("SIGSTOP");
    const hung = await tryOnce(PLAIN, address, 100);
    assert.deepEqual([hung.ok, hung.text], [false, "no answer in 100 ms"]);
    server.kill("SIGCONT");
    await until(async () => (await tryOnce(PLAIN, address)).ok);
    server.kill("SIGKILL");
    await once(server, "exit");
    assert.match((await tryOnce(PLAIN, address)).text, /ECONNREFUSED/);
  },
);

test("what a loading, a strange or a dying server says has a clear text", { timeout: 20_000 }, async (t) => {
  const says = async (text: string | null): Promise<string> => {
    const address = await listening(t, (socket) => (text === null ? socket.destroy() : socket.end(text)));
    const result = await tryOnce(PLAIN, address);
    assert.equal(result.ok, false);
    return result.text;
  };
  assert.equal(await says("-LOADING Redis is loading the dataset in memory\r\n"), "it is still loading its data");
  assert.equal(await says("-MASTERDOWN Link with MASTER is down\r\n"), "its link to its master is down");
  assert.equal(await says("-STRANGE thing\r\n"), 'it answers "STRANGE thing"');
  assert.equal(await says("SSH-2.0-OpenSSH\r\n"), "it does not answer as Redis does");
  assert.equal(await says("+PON"), "it hung up without an answer");
  assert.match(await says(null), /hung up|ECONNRESET|EPIPE/);
  assert.equal(await says(`$900000000\r\n${"x".repeat(400_000)}`), "its answer is too long");
});
