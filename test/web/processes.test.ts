import assert from "node:assert/strict";
import { Agent } from "node:http";
import { test } from "node:test";
import { run } from "../support/run-understudy.ts";
import { type KeptProxy, startKeptProxy, startLoad } from "./kept-proxy.ts";
import { get, until } from "./world.ts";

const options = { timeout: 60_000 };
const THREE = ["--processes", "3"];

async function haveThree({ ask }: KeptProxy): Promise<void> {
  await until(async () => (await ask("GET", "/status").catch(() => null))?.processes === 3, 20_000);
}

test("processes that share a port look like one: figures are added up, orders are for all", options, async (t) => {
  const proxy = await startKeptProxy(t, ...THREE);
  await haveThree(proxy);
  const { port, servers, ask } = proxy;
  for (let i = 0; i < 60; i += 1) assert.equal((await get(port)).text, "a");
  const { requests, servers: seen } = await ask("GET", "/status");
  assert.equal(requests, 60);
  assert.equal(seen[0]?.requests, 60);
  const bystander = new Agent({ keepAlive: true });
  await get(port, { agent: bystander });
  await ask("POST", `/switchover/127.0.0.1:${servers[1]?.port}`);
  assert.equal((await get(port, { agent: bystander })).text, "b");
  for (let i = 0; i < 40; i += 1) assert.equal((await get(port)).text, "b");
  bystander.destroy();
  proxy.proxy.child.kill("SIGTERM");
  const { code, stderr } = await proxy.proxy.ended;
  assert.equal(code, 0);
  assert.equal(stderr.match(/ up: answered/g)?.length, 2, stderr);
});

test("the loss of one of them refuses nobody, and the next one knows what the operator wants", options, async (t) => {
  const proxy = await startKeptProxy(t, ...THREE);
  await haveThree(proxy);
  const { port, servers, ask } = proxy;
  await ask("POST", `/switchover/127.0.0.1:${servers[1]?.port}`);
  const { pid } = await ask("GET", "/status");
  process.kill(pid, "SIGKILL");
  for (let i = 0; i < 200; i += 1) assert.equal((await get(port)).text, "b");
  await until(async () => ![pid, undefined].includes((await ask("GET", "/status").catch(() => null))?.pid), 20_000);
  await haveThree(proxy);
  for (let i = 0; i < 60; i += 1) assert.equal((await get(port)).text, "b");
});

test("an upgrade replaces all of them without a lost request", options, async (t) => {
  const proxy = await startKeptProxy(t, ...THREE);
  await haveThree(proxy);
  const load = startLoad(proxy.port, 12);
  t.after(() => load.end());
  const { pid } = await proxy.ask("GET", "/status");
  proxy.proxy.child.kill("SIGUSR2");
  await proxy.proxy.says(/took over/);
  await until(async () => (await proxy.ask("GET", "/status").catch(() => null))?.pid !== pid, 20_000);
  await haveThree(proxy);
  const at = load.answered();
  await until(() => load.answered() > at + 300, 15_000);
  await load.end();
  assert.deepEqual(load.failed, []);
});

test("a number of processes that makes no sense is refused; a port in use is told of once", options, async (t) => {
  const { stderr, code } = await run("proxy", "--listen", ":8080", "--to", "9001", "--processes", "none");
  assert.match(stderr, /--processes is "none"; expected a number from 1 to 256, or auto/);
  assert.equal(code, 2);
  const { port } = await startKeptProxy(t);
  const used = await run("proxy", "--listen", `127.0.0.1:${port}`, "--to", "9001", ...THREE);
  assert.equal(used.stderr.match(/another program listens there/g)?.length, 1, used.stderr);
  assert.equal(used.code, 2);
});
