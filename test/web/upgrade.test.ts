import assert from "node:assert/strict";
import { test } from "node:test";
import { startKeptProxy, startLoad } from "./kept-proxy.ts";
import { get, until } from "./world.ts";

const options = { timeout: 60_000 };
const UPGRADES = 3;

test(
  "an upgrade of the proxy loses no request, and the next process knows what the operator has changed",
  options,
  async (t) => {
    const { proxy, port, servers, ask } = await startKeptProxy(t);
    const load = startLoad(port, 12);
    t.after(() => load.end());
    await ask("POST", `/switchover/127.0.0.1:${servers[1]?.port}`);
    let pid = (await ask("GET", "/status")).pid;
    for (let i = 0; i < UPGRADES; i++) {
      const before = pid;
      proxy.child.kill("SIGUSR2");
      await until(
        async () => (pid = (await ask("GET", "/status").catch(() => null))?.pid ?? before) !== before,
        15_000,
      );
      const { answered } = load;
      const at = answered();
      await until(() => answered() > at + 200, 15_000);
      assert.equal((await get(port)).text, "b");
    }
    await load.end();
    assert.deepEqual(load.failed, []);
    proxy.child.kill("SIGTERM");
    assert.equal((await proxy.ended).code, 0);
  },
);

test("a request that takes long is answered by the process that took it", options, async (t) => {
  const { proxy, port, ask } = await startKeptProxy(t);
  const { pid } = await ask("GET", "/status");
  const slow = get(port, { path: "/slow" });
  await new Promise((resolve) => setTimeout(resolve, 100));
  proxy.child.kill("SIGUSR2");
  await until(async () => (await ask("GET", "/status").catch(() => null))?.pid !== pid, 15_000);
  assert.equal((await slow).status, 200);
  await until(() => !isAlive(pid), 10_000);
  assert.equal((await get(port)).status, 200);
});

test("Ctrl-C, which all processes get at once, lets requests end", options, async (t) => {
  const { proxy, port, ask } = await startKeptProxy(t);
  const { pid } = await ask("GET", "/status");
  const slow = get(port, { path: "/slow" });
  await new Promise((resolve) => setTimeout(resolve, 100));
  process.kill(pid, "SIGINT");
  proxy.child.kill("SIGINT");
  assert.equal((await slow).status, 200);
  assert.equal((await proxy.ended).code, 0);
});

test("a process that is lost is replaced, also when it has served for a moment only", options, async (t) => {
  const { port, ask } = await startKeptProxy(t);
  for (let i = 0; i < 2; i++) {
    const { pid } = await ask("GET", "/status");
    process.kill(pid, "SIGKILL");
    await until(async () => ((await ask("GET", "/status").catch(() => null))?.pid ?? pid) !== pid, 10_000);
    assert.equal((await get(port)).status, 200);
  }
});

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
