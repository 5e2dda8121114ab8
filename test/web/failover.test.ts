import assert from "node:assert/strict";
import { Agent } from "node:http";
import { test, type TestContext } from "node:test";
import { startToy } from "../proxy/world.ts";
import {
  get,
  startServers,
  startWebProxy,
  until,
  upstreamAt,
  type Answer,
  type WebServer,
  type World,
} from "./world.ts";

const options = { timeout: 60_000 };
/** Between the starts of two requests. */
const EVERY_MS = 4;

interface Pair extends World {
  readonly a: WebServer;
  readonly b: WebServer;
}

async function startPair(t: TestContext): Promise<Pair> {
  const [a, b] = (await startServers(t, "a", "b")) as [WebServer, WebServer];
  return { a, b, ...(await startWebProxy(t, [a.port, b.port])) };
}

/** Asks again and again while `during` goes on, and a while longer; every answer has to come. */
async function underLoad(port: number, keepAlive: boolean, during: () => Promise<void>): Promise<readonly Answer[]> {
  const agent = new Agent({ keepAlive });
  const all: Promise<Answer>[] = [];
  const timer = setInterval(() => {
    const asked = get(port, { agent });
    asked.catch(() => undefined);
    all.push(asked);
  }, EVERY_MS);
  await new Promise((resolve) => setTimeout(resolve, 600));
  await during();
  await new Promise((resolve) => setTimeout(resolve, 600));
  clearInterval(timer);
  const answers = await Promise.all(all);
  agent.destroy();
  return answers;
}

function worstMs(answers: readonly Answer[]): string {
  return `${Math.max(...answers.map(({ tookMs }) => tookMs)).toFixed(0)} ms`;
}

for (const keepAlive of [true, false]) {
  const kind = keepAlive ? "kept connections" : "new connections";

  test(`the active server is killed: nobody notices (${kind})`, options, async (t) => {
    const { a, port, events } = await startPair(t);
    const answers = await underLoad(port, keepAlive, () => a.kill());
    assert.deepEqual(new Set(answers.map(({ status }) => status)), new Set([200]));
    assert.ok(answers.some(({ text }) => text === "a"));
    assert.equal(answers.at(-1)?.text, "b");
    assert.ok(events.some(({ event }) => event === "avoided"));
    t.diagnostic(`the longest request took ${worstMs(answers)}`);
  });

  test(`the active server is frozen: what may be repeated is answered by the standby (${kind})`, options, async (t) => {
    const { a, port } = await startPair(t);
    const answers = await underLoad(port, keepAlive, async () => a.signal("SIGSTOP"));
    assert.deepEqual(new Set(answers.map(({ status }) => status)), new Set([200]));
    assert.equal(answers.at(-1)?.text, "b");
    t.diagnostic(`the longest request took ${worstMs(answers)}`);
    a.signal("SIGCONT");
  });

  test(`the active server begins to answer 500: nobody notices (${kind})`, options, async (t) => {
    const { a, port } = await startPair(t);
    const answers = await underLoad(port, keepAlive, async () => a.breakDown());
    assert.deepEqual(new Set(answers.map(({ status }) => status)), new Set([200]));
    assert.equal(answers.at(-1)?.text, "b");
  });

  test(`all are gone for a while: requests wait and are then served (${kind})`, options, async (t) => {
    const { a, b, port, proxy } = await startPair(t);
    const answers = await underLoad(port, keepAlive, async () => {
      await Promise.all([a.kill(), b.kill()]);
      await new Promise((resolve) => setTimeout(resolve, 1000));
      assert.ok(proxy.status.held > 100, `${proxy.status.held} wait`);
      await b.start();
    });
    assert.deepEqual(new Set(answers.map(({ status }) => status)), new Set([200]));
    assert.deepEqual([proxy.status.held, proxy.status.refused], [0, 0]);
  });
}

test("draining, switching over and changing the servers is not noticed", options, async (t) => {
  const { a, b, port, proxy } = await startPair(t);
  const names = [a, b].map((server) => `127.0.0.1:${server.port}`) as [string, string];
  const servedBy = async (name: string): Promise<void> => {
    while ((await get(port)).text !== name) await new Promise((resolve) => setTimeout(resolve, 20));
  };
  const answers = await underLoad(port, true, async () => {
    proxy.setDraining(names[0], true);
    await servedBy("b");
    proxy.setDraining(names[0], false);
    await servedBy("a");
    proxy.setServers([upstreamAt(a.port, 1), upstreamAt(b.port, 0)]);
    await servedBy("b");
    proxy.setServers([upstreamAt(a.port, 0)]);
    await servedBy("a");
  });
  assert.deepEqual(new Set(answers.map(({ status }) => status)), new Set([200]));
});

test("a server that comes back is used again once it has been checked", options, async (t) => {
  const { a, port, proxy } = await startPair(t);
  await a.kill();
  assert.equal((await get(port)).text, "b");
  await until(() => proxy.status.servers[0]?.state === "down");
  await a.start();
  await until(() => proxy.status.servers[0]?.state === "up");
  assert.equal((await get(port)).text, "a");
});

test("what must not be done twice is not: it is sent to nobody else once it may have been done", options, async (t) => {
  let asked = 0;
  const toy = await startToy(t, (socket) => {
    socket.on("data", (bytes) => {
      if (bytes.toString("latin1").startsWith("HEAD")) return socket.end("HTTP/1.1 200 OK\r\n\r\n");
      asked += 1;
      socket.destroy();
    });
  });
  const [b] = (await startServers(t, "b")) as [WebServer];
  const { port } = await startWebProxy(t, [toy.address.port, b.port]);
  const { status, text } = await get(port, { method: "POST", body: "pay" });
  assert.deepEqual([status, asked, /not known/.test(text)], [502, 1, true]);
  assert.equal((await get(port, { method: "PUT", body: "put" })).text, "b");
  toy.close();
  assert.equal(
    (await get(port, { method: "POST", body: "pay" })).text,
    "b",
    "nothing was sent to a server that refuses",
  );
});

async function statusOf(server: WebServer, status: number): Promise<void> {
  while ((await get(server.port)).status !== status) await new Promise((resolve) => setTimeout(resolve, 5));
}

test("an error that every server answers with is the answer, and nobody is avoided for it", options, async (t) => {
  const { a, b, port, proxy } = await startPair(t);
  await get(port);
  for (const server of [a, b]) server.breakDown();
  for (const server of [a, b]) await statusOf(server, 500);
  for (let i = 0; i < 10; i += 1) assert.equal((await get(port)).status, 500);
  const { servers } = proxy.status;
  assert.equal(servers.filter(({ state }) => state === "avoided").length, 0);
});

test("when all look dead the one that answered last is kept", options, async (t) => {
  const { a, b, port, proxy } = await startPair(t);
  await get(port);
  for (const server of [a, b]) server.breakDown();
  await until(() => proxy.status.servers.every(({ state }) => state === "down"));
  assert.equal((await get(port)).headers["x-server"], "a");
});

test("one request that waits is told of once", options, async (t) => {
  const [a] = (await startServers(t, "a")) as [WebServer];
  const { port, events } = await startWebProxy(t, [a.port]);
  await a.kill();
  const asked = get(port);
  await new Promise((resolve) => setTimeout(resolve, 300));
  await a.start();
  assert.equal((await asked).text, "a");
  await get(port);
  const told = events.map(({ event }) => event).filter((event) => event === "held" || event === "served");
  assert.deepEqual(told, ["held", "served"]);
});

test("a request that ends every server it meets meets three of them at most", options, async (t) => {
  let asked = 0;
  const toys = await Promise.all(
    [1, 2, 3, 4, 5].map(() =>
      startToy(t, (socket) => {
        socket.on("data", (bytes) => {
          if (!bytes.toString("latin1").startsWith("HEAD")) asked += 1;
          socket.destroy();
        });
      }),
    ),
  );
  const ports = toys.map(({ address }) => address.port);
  const { port } = await startWebProxy(t, ports);
  assert.equal((await get(port)).status, 502);
  assert.equal(asked, 3);
});

test("a response that breaks off is cut, not ended", options, async (t) => {
  const toy = await startToy(t, (socket) => {
    socket.once("data", (bytes) => {
      if (bytes.toString("latin1").startsWith("HEAD")) return socket.end("HTTP/1.1 200 OK\r\n\r\n");
      socket.end("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nabc");
    });
  });
  const { port } = await startWebProxy(t, [toy.address.port]);
  await assert.rejects(get(port), /ECONNRESET|aborted/);
});
