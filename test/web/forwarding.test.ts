import assert from "node:assert/strict";
import { Agent } from "node:http";
import { test } from "node:test";
import { startToy } from "../proxy/world.ts";
import { get, Raw, startServers, startWebProxy, until } from "./world.ts";

const options = { timeout: 30_000 };
const HEAD = "Host: shop.example\r\n";

test("a request arrives as it was sent, with who asked and how", options, async (t) => {
  const [a] = await startServers(t, "a");
  const { port } = await startWebProxy(t, [a?.port ?? 0]);
  const headers = {
    host: "shop.example",
    cookie: "a=b",
    "x-forwarded-for": "6.6.6.6",
    connection: "x-hop",
    "x-hop": "1",
  };
  const { text, status } = await get(port, { method: "POST", path: "/echo", headers, body: "hello" });
  const [first = "", ...rest] = text.split("\n");
  const said = JSON.parse(first) as string[];
  assert.deepEqual([status, said[0], rest.join("\n")], [200, "POST", "hello"]);
  const field = (name: string): string | undefined => said[said.indexOf(name) + 1];
  assert.equal(field("X-Forwarded-For"), "127.0.0.1");
  assert.equal(field("X-Forwarded-Host"), "shop.example");
  assert.equal(field("X-Forwarded-Proto"), "http");
  assert.match(field("Via") ?? "", /^1\.1 understudy-/);
  assert.match(field("X-Request-Id") ?? "", /^[0-9a-f]{8}-/);
  assert.equal(said.includes("x-hop"), false);
  assert.equal(said.includes("6.6.6.6"), false);
});

test("one connection carries many requests, on both sides", options, async (t) => {
  const [a] = await startServers(t, "a");
  const { port, proxy } = await startWebProxy(t, [a?.port ?? 0]);
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  t.after(() => agent.destroy());
  for (let i = 0; i < 20; i += 1) assert.equal((await get(port, { agent })).text, "a");
  assert.equal(proxy.status.clients, 1);
  assert.equal(proxy.status.servers[0]?.connections, 1);
});

test("requests that are sent together are answered in their order", options, async (t) => {
  const [a] = await startServers(t, "a");
  const { port } = await startWebProxy(t, [a?.port ?? 0]);
  const raw = new Raw(port);
  const one = (path: string): string => `GET ${path} HTTP/1.1\r\n${HEAD}\r\n`;
  raw.send(one("/slow") + one("/count") + `POST /echo HTTP/1.1\r\n${HEAD}Content-Length: 3\r\n\r\nabc` + one("/count"));
  const heard = await raw.hears(/abc[^]*HTTP\/1\.1 200[^]*\r\n\r\n\d+$/);
  assert.equal(heard.match(/HTTP\/1\.1 200/g)?.length, 4);
  raw.socket.destroy();
});

test("large bodies pass both ways unchanged, with a length and in chunks", options, async (t) => {
  const [a] = await startServers(t, "a");
  const { port } = await startWebProxy(t, [a?.port ?? 0]);
  const body = Buffer.alloc(8_000_000, "0123456789abc");
  for (const headers of [{ "content-length": String(body.length) }, { "transfer-encoding": "chunked" }]) {
    const { text } = await get(port, { method: "PUT", path: "/echo", headers, body });
    assert.ok(text.slice(text.indexOf("\n") + 1) === body.toString("latin1"));
  }
});

test("a slow reader makes the server wait, and nothing pile up", options, async (t) => {
  let sentBytes = 0;
  const toy = await startToy(t, (socket) => {
    socket.write("HTTP/1.1 200 OK\r\n\r\n");
    const chunk = Buffer.alloc(65_536);
    const pour = (): void => {
      while (!socket.destroyed && sentBytes < 200_000_000) {
        sentBytes += chunk.length;
        if (!socket.write(chunk)) return;
      }
    };
    socket.on("data", () => undefined);
    socket.on("drain", pour);
    pour();
  });
  const { port } = await startWebProxy(t, [toy.address.port]);
  const raw = new Raw(port);
  raw.send(`GET / HTTP/1.1\r\n${HEAD}\r\n`);
  await raw.hears(/200 OK/);
  raw.socket.pause();
  let before = -1;
  await until(() => {
    const isStill = before === sentBytes;
    before = sentBytes;
    return isStill;
  });
  await new Promise((resolve) => setTimeout(resolve, 300));
  assert.ok(sentBytes < 30_000_000, `${sentBytes} bytes were taken from the server`);
  const stoppedAtBytes = sentBytes;
  raw.socket.resume();
  await until(() => sentBytes > stoppedAtBytes + 1_000_000);
  raw.socket.destroy();
  await until(() => toy.sockets.size === 0);
});

test("events arrive as they are sent", options, async (t) => {
  const [a] = await startServers(t, "a");
  const { port } = await startWebProxy(t, [a?.port ?? 0]);
  const raw = new Raw(port);
  raw.send(`GET /events HTTP/1.1\r\n${HEAD}\r\n`);
  await raw.hears(/\r\n\r\n/);
  assert.doesNotMatch(raw.heard, /data: 1/, "the head alone comes first");
  await raw.hears(/data: 1/);
  assert.doesNotMatch(raw.heard, /data: 3/);
  await raw.hears(/data: 3\n\n\r\n0\r\n\r\n$/);
  raw.socket.destroy();
});

test("a WebSocket passes both ways, and each side can end it", options, async (t) => {
  const [a] = await startServers(t, "a");
  const { port, proxy } = await startWebProxy(t, [a?.port ?? 0]);
  const upgrade = `GET / HTTP/1.1\r\n${HEAD}Connection: Upgrade\r\nUpgrade: websocket\r\n\r\n`;
  const raw = new Raw(port);
  raw.send(upgrade);
  await raw.hears(/^HTTP\/1\.1 101 [^]*X-Key: yes[^]*Upgrade: websocket\r\n\r\nhello$/);
  raw.send("ping");
  await raw.hears(/helloping$/);
  raw.socket.end();
  assert.match(await raw.ends(), /pingbye$/);
  const other = new Raw(port);
  other.send(upgrade);
  await other.hears(/hello$/);
  await a?.kill();
  await other.ends();
  await until(() => proxy.status.clients === 0);
});

test("a protocol that nobody asked for is not changed to", options, async (t) => {
  const toy = await startToy(t, (socket) => {
    socket.on("data", () =>
      socket.write("HTTP/1.1 101 Switching\r\nUpgrade: websocket\r\nConnection: upgrade\r\n\r\nGET"),
    );
  });
  const { port } = await startWebProxy(t, [toy.address.port], { holdMs: 200 });
  assert.ok((await get(port, { method: "POST", body: "x" })).status >= 502);
});

test("HTTP/1.0 gets no chunks, and keeps its connection only if it says so", options, async (t) => {
  const [a] = await startServers(t, "a");
  const { port } = await startWebProxy(t, [a?.port ?? 0]);
  const raw = new Raw(port);
  raw.send("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
  await raw.hears(/Connection: keep-alive\r\n\r\na$/);
  raw.send("POST /echo HTTP/1.0\r\nContent-Length: 3\r\n\r\nabc");
  const heard = await raw.ends();
  assert.match(heard, /\]\nabc$/);
  assert.doesNotMatch(heard, /chunked/i);
});

test("a client that asks whether to go on is told to", options, async (t) => {
  const [a] = await startServers(t, "a");
  const { port } = await startWebProxy(t, [a?.port ?? 0]);
  const raw = new Raw(port);
  raw.send(`POST /echo HTTP/1.1\r\n${HEAD}Expect: 100-continue\r\nContent-Length: 3\r\n\r\n`);
  await raw.hears(/^HTTP\/1\.1 100 Continue\r\n\r\n/);
  raw.send("abc");
  await raw.hears(/abc/);
  raw.socket.destroy();
});

test("answers without a body have none, and the connection goes on", options, async (t) => {
  const [a] = await startServers(t, "a");
  const { port } = await startWebProxy(t, [a?.port ?? 0]);
  const raw = new Raw(port);
  raw.send(`HEAD / HTTP/1.1\r\n${HEAD}\r\n`);
  await raw.hears(/x-server: a\r\n[^]*\r\n\r\n/i);
  raw.send(`GET / HTTP/1.1\r\n${HEAD}\r\n`);
  await raw.hears(/\r\n\r\nHTTP\/1\.1 200[^]*\r\n\r\na$/);
  raw.socket.destroy();
});

test("a request that comes back to the proxy is found out", options, async (t) => {
  let port = 0;
  const toy = await startToy(t, (socket) => {
    let text = "";
    socket.on("data", (bytes) => {
      text += bytes.toString("latin1");
      if (text.startsWith("HEAD")) return socket.end("HTTP/1.1 200 OK\r\n\r\n");
      if (!text.endsWith("\r\n\r\n")) return;
      const raw = new Raw(port);
      raw.send(text);
      text = "";
      void raw.hears(/\r\n\r\n[^]*\n$/).then((heard) => socket.write(heard, "latin1"));
    });
  });
  const { port: own } = await startWebProxy(t, [toy.address.port]);
  port = own;
  const { status, text } = await get(port, { method: "POST" });
  assert.deepEqual([status, /come back/.test(text)], [508, true]);
});

test("what the proxy says itself is JSON for programs and a page for browsers", options, async (t) => {
  const { port } = await startWebProxy(t, [1], { holdMs: 50 });
  const json = await get(port, { headers: { accept: "application/json" } });
  const said = JSON.parse(json.text) as { error: string; requestId: string };
  assert.equal(said.error, "503 Service Unavailable");
  assert.equal(said.requestId, json.headers["x-request-id"]);
  assert.equal(json.headers["retry-after"], "1");
  const page = await get(port, { headers: { accept: "text/html,*/*" } });
  assert.match(String(page.headers["content-type"]), /^text\/html/);
  assert.match(page.text, /^<!doctype html>.*503/);
  assert.match((await get(port)).text, /^503 Service Unavailable: /);
});

test("a client that goes away takes its request with it", options, async (t) => {
  const toy = await startToy(t, (socket) => socket.resume());
  const { port, proxy } = await startWebProxy(t, [toy.address.port]);
  const raw = new Raw(port);
  raw.send(`GET / HTTP/1.1\r\n${HEAD}\r\n`);
  await until(() => proxy.status.servers[0]?.underWay === 1);
  raw.socket.resetAndDestroy();
  await until(() => proxy.status.servers[0]?.underWay === 0 && proxy.status.clients === 0);
});

test("the proxy ends once all that is under way has ended", options, async (t) => {
  const [a] = await startServers(t, "a");
  const { port, proxy } = await startWebProxy(t, [a?.port ?? 0]);
  const idle = new Raw(port);
  idle.send(`GET / HTTP/1.1\r\n${HEAD}\r\n`);
  await idle.hears(/\r\n\r\na$/);
  const slow = get(port, { path: "/slow", agent: new Agent({ keepAlive: true }) });
  await until(() => proxy.status.servers[0]?.underWay === 1);
  const closed = proxy.close(10_000);
  await idle.ends();
  await assert.rejects(get(port));
  const { status, headers } = await slow;
  assert.deepEqual([status, headers.connection], [200, "close"]);
  await closed;
});
