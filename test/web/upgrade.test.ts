import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { Agent, request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import type { HttpProxyStatus } from "../../src/routes/http/http-proxy.ts";
import { freePort } from "../proxy/world.ts";
import { start, type Running } from "../support/run-understudy.ts";
import { get, startServers, until, type WebServer } from "./world.ts";

const options = { timeout: 60_000 };
const UPGRADES = 3;

interface Load {
  readonly answered: () => number;
  readonly failed: readonly string[];
  end(): Promise<void>;
}

/** So many visitors ask all the time: with kept connections, with a new one each time, some with something that must not be repeated. */
function startLoad(port: number, visitors: number): Load {
  const failed: string[] = [];
  const load = { answered: 0, isOver: false };
  const visit = async (at: number): Promise<void> => {
    const agent = new Agent({ keepAlive: at % 2 === 0, maxSockets: 1 });
    const method = at % 3 === 0 ? "POST" : "GET";
    while (!load.isOver) {
      const body = method === "POST" ? "x".repeat(100) : undefined;
      await get(port, { agent, method, ...(body !== undefined && { body }) }).then(
        ({ status, text }) => (status === 200 ? (load.answered += 1) : failed.push(`${status} ${text}`)),
        (error: unknown) => failed.push(`${method} ${at}: ${String(error)}`),
      );
      await new Promise((resolve) => setTimeout(resolve, at));
    }
    agent.destroy();
  };
  const all = Array.from({ length: visitors }, (_, at) => visit(at));
  return {
    answered: () => load.answered,
    failed,
    async end() {
      load.isOver = true;
      await Promise.all(all);
    },
  };
}

interface World {
  readonly proxy: Running;
  readonly port: number;
  readonly servers: readonly WebServer[];
  readonly ask: (method: string, path: string) => Promise<HttpProxyStatus>;
}

async function world(t: TestContext): Promise<World> {
  const [a, b] = (await startServers(t, "a", "b")) as [WebServer, WebServer];
  const directory = await mkdtemp(join(tmpdir(), "web-"));
  t.after(() => rm(directory, { recursive: true }));
  const socketPath = join(directory, "control.sock");
  const port = await freePort();
  const where = ["--listen", `127.0.0.1:${port}`, "--to", `${a.port}`, "--standby", `${b.port}`];
  const proxy = start(["proxy", ...where, "--control", socketPath, "--drain", "3s"]);
  t.after(() => proxy.child.kill("SIGKILL"));
  const ask = (method: string, path: string): Promise<HttpProxyStatus> =>
    new Promise((resolve, reject) => {
      const asked = request({ socketPath, method, path, agent: new Agent() }, (response) => {
        let text = "";
        response.on("data", (part) => (text += String(part)));
        response.on("end", () => resolve(JSON.parse(text) as HttpProxyStatus));
      });
      asked.once("error", reject).end();
    });
  await until(async () => (await ask("GET", "/status").catch(() => null)) !== null, 10_000);
  return { proxy, port, servers: [a, b], ask };
}

test(
  "an upgrade of the proxy loses no request, and the next process knows what the operator has changed",
  options,
  async (t) => {
    const { proxy, port, servers, ask } = await world(t);
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
  const { proxy, port, ask } = await world(t);
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
  const { proxy, port, ask } = await world(t);
  const { pid } = await ask("GET", "/status");
  const slow = get(port, { path: "/slow" });
  await new Promise((resolve) => setTimeout(resolve, 100));
  process.kill(pid, "SIGINT");
  proxy.child.kill("SIGINT");
  assert.equal((await slow).status, 200);
  assert.equal((await proxy.ended).code, 0);
});

test("a process that is lost is replaced, also when it has served for a moment only", options, async (t) => {
  const { port, ask } = await world(t);
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
