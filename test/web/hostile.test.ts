import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer, type AddressInfo } from "node:net";
import { test, type TestContext } from "node:test";
import { get, Raw, startServers, startWebProxy, until } from "./world.ts";

const options = { timeout: 60_000 };
const HOST = "Host: shop.example\r\n";
/** How a server knows a request that it must never see. */
const SMUGGLED = "GET /smuggled HTTP/1.1\r\nHost: x\r\n\r\n";

interface Listener {
  readonly port: number;
  /** Everything that arrived, byte for byte, without what checks asked. */
  readonly heard: string[];
}

/** A server that takes whatever comes and answers each piece with `answer`. */
async function startListener(t: TestContext, answer: string): Promise<Listener> {
  const heard: string[] = [];
  const server = createServer((socket) => {
    t.after(() => socket.destroy());
    socket.on("error", () => undefined);
    socket.on("data", (bytes) => {
      const text = bytes.toString("latin1");
      if (text.includes("understudy check")) return socket.end("HTTP/1.1 200 OK\r\n\r\n");
      heard.push(text);
      socket.write(answer, "latin1");
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  t.after(() => server.close());
  return { port: (server.address() as AddressInfo).port, heard };
}

const GOOD = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

test("what could be two requests to one and one to another is refused, and the connection ends", options, async (t) => {
  const listener = await startListener(t, GOOD);
  const { port } = await startWebProxy(t, [listener.port]);
  const post = `POST / HTTP/1.1\r\n${HOST}`;
  const cases: readonly string[] = [
    `${post}Content-Length: 6\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n${SMUGGLED}`,
    `${post}Transfer-Encoding: chunked\r\nContent-Length: 6\r\n\r\n0\r\n\r\n${SMUGGLED}`,
    `${post}Transfer-Encoding: chunked\r\nTransfer-Encoding: x\r\n\r\n0\r\n\r\n${SMUGGLED}`,
    `${post}Transfer-Encoding:\x0bchunked\r\n\r\n0\r\n\r\n${SMUGGLED}`,
    `${post}Transfer-Encoding: "chunked"\r\n\r\n0\r\n\r\n${SMUGGLED}`,
    `${post} Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n${SMUGGLED}`,
    `${post}Foo: bar\r\n Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n${SMUGGLED}`,
    `${post}Content-Length: 0\r\nContent-Length: ${SMUGGLED.length}\r\n\r\n${SMUGGLED}`,
    `${post}Content-Length: -1\r\n\r\n${SMUGGLED}`,
    `${post}Content-Length: 0\n\r\n${SMUGGLED}`,
    `POST / HTTP/1.1\nHost: x\nContent-Length: 0\n\n${SMUGGLED}`,
    `${post}Transfer-Encoding: chunked\r\n\r\n0\n\n${SMUGGLED}`,
    `${post}Transfer-Encoding: chunked\r\n\r\n2\r\nabc\r\n0\r\n\r\n${SMUGGLED}`,
    `${post}Transfer-Encoding: chunked\r\n\r\n0x0\r\n\r\n${SMUGGLED}`,
    `${post}Transfer-Encoding: chunked\r\n\r\n0;\nx\r\n\r\n${SMUGGLED}`,
    `${post}Transfer-Encoding: chunked\r\n\r\n0\r\nContent-Length: 50\r\n\r\n${SMUGGLED}`,
    `GET /\r\n\r\n${SMUGGLED}`,
    `GET / HTTP/1.1\r\n${HOST}X: a\r\r\n\r\n${SMUGGLED}`,
    `\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n${SMUGGLED}`,
  ];
  for (const text of cases) {
    const raw = new Raw(port);
    raw.send(text);
    const answer = await raw.ends();
    assert.match(answer, /^HTTP\/1\.1 (?:400|505) [^]*Connection: close/, JSON.stringify(text));
    assert.equal(answer.match(/HTTP\/1\.1 \d/g)?.length, 1, JSON.stringify(text));
  }
  assert.deepEqual(
    listener.heard.filter((text) => text.includes("smuggled")),
    [],
  );
  assert.equal((await get(port)).text, "ok");
});

test("what a server says besides its answer is given to nobody", options, async (t) => {
  const listener = await startListener(t, `${GOOD}HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nEVIL`);
  const { port } = await startWebProxy(t, [listener.port]);
  for (let i = 0; i < 5; i += 1) assert.equal((await get(port)).text, "ok");
});

test("an answer that is not HTTP is none", options, async (t) => {
  for (const answer of [
    "hello\r\n\r\n",
    "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\nok",
    "HTTP/1.1 200 OK\r\nA: b\n\r\nx\r\n\r\n",
    `HTTP/1.1 200 OK\r\nA: ${"x".repeat(70_000)}\r\n\r\n`,
  ]) {
    const listener = await startListener(t, answer);
    const { port } = await startWebProxy(t, [listener.port]);
    assert.equal((await get(port, { method: "POST", body: "x" })).status, 502, answer.slice(0, 60));
  }
});

test("nobody takes more time or room than there is for one", options, async (t) => {
  const [a] = await startServers(t, "a");
  const limits = { headMs: 400, idleMs: 900, stallMs: 400, headBytes: 4096, bodyBytes: 1000, connections: 20 };
  const { port, proxy } = await startWebProxy(t, [a?.port ?? 0], limits);
  const cases: readonly (readonly [string, RegExp])[] = [
    ["GET / HTTP/1.1\r\nHost: x\r\nSlow: ", /^HTTP\/1\.1 408 /],
    [`GET / HTTP/1.1\r\n${HOST}X: ${"x".repeat(5000)}`, /^HTTP\/1\.1 431 /],
    [`POST / HTTP/1.1\r\n${HOST}Content-Length: 1001\r\n\r\n`, /^HTTP\/1\.1 413 /],
    [`POST / HTTP/1.1\r\n${HOST}Transfer-Encoding: chunked\r\n\r\n7d0\r\n${"x".repeat(2000)}`, /^HTTP\/1\.1 413 /],
    [`POST / HTTP/1.1\r\n${HOST}Content-Length: 10\r\n\r\nabc`, /^HTTP\/1\.1 408 /],
    ["", /^$/],
  ];
  await Promise.all(
    cases.map(async ([text, expected]) => {
      const raw = new Raw(port);
      raw.send(text);
      assert.match(await raw.ends(), expected, text.slice(0, 60));
    }),
  );
  const many = Array.from({ length: 20 }, () => new Raw(port));
  await until(() => proxy.status.clients === 20);
  const one = new Raw(port);
  assert.match(await one.ends(), /^HTTP\/1\.1 503 [^]*20 connections/);
  for (const raw of many) raw.socket.destroy();
  await until(() => proxy.status.clients === 0);
  assert.equal((await get(port)).text, "a");
});

test("a client that takes nothing of its answer is let go", options, async (t) => {
  const listener = await startListener(t, `HTTP/1.1 200 OK\r\n\r\n${"x".repeat(20_000_000)}`);
  const { port, proxy } = await startWebProxy(t, [listener.port], { stallMs: 500 });
  const raw = new Raw(port);
  raw.send(`GET / HTTP/1.1\r\n${HOST}\r\n`);
  await raw.hears(/200 OK/);
  raw.socket.pause();
  await until(() => proxy.status.clients === 0);
  raw.socket.destroy();
});

test("clients that leave at any moment leave nothing behind", options, async (t) => {
  const [a] = await startServers(t, "a");
  const { port, proxy } = await startWebProxy(t, [a?.port ?? 0]);
  const text = `POST /echo HTTP/1.1\r\n${HOST}Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\nGET /slow HTTP/1.1\r\n${HOST}\r\n`;
  for (let length = 0; length < text.length; length += 3) {
    const raw = new Raw(port);
    raw.send(text.slice(0, length));
    await new Promise((resolve) => setTimeout(resolve, length % 5));
    if (length % 2 === 0) raw.socket.resetAndDestroy();
    else raw.socket.destroy();
  }
  await until(() => proxy.status.clients === 0 && proxy.status.servers[0]?.underWay === 0);
  assert.equal((await get(port)).text, "a");
});

test("whatever is sent, the proxy goes on, and servers hear of whole requests only", options, async (t) => {
  const listener = await startListener(t, GOOD);
  const { port, proxy } = await startWebProxy(t, [listener.port], { headMs: 300, stallMs: 300 });
  const random = randomFrom(20_261_126);
  const seeds = [
    `GET / HTTP/1.1\r\n${HOST}Accept: */*\r\n\r\n`,
    `POST /a HTTP/1.1\r\n${HOST}Content-Length: 5\r\n\r\nhello`,
    `POST /b HTTP/1.1\r\n${HOST}Transfer-Encoding: chunked\r\n\r\n5;x=y\r\nhello\r\n0\r\nX-T: 1\r\n\r\n`,
    `GET / HTTP/1.1\r\n${HOST}Connection: Upgrade\r\nUpgrade: websocket\r\n\r\n`,
  ];
  for (let round = 0; round < 40; round += 1) {
    const raws = Array.from({ length: 25 }, () => {
      const raw = new Raw(port);
      raw.send(mutated(seeds[Math.floor(random() * seeds.length)] ?? "", random));
      return raw;
    });
    await new Promise((resolve) => setTimeout(resolve, 5));
    for (const raw of raws) raw.socket.destroy();
  }
  await until(() => proxy.status.clients === 0);
  for (const text of listener.heard) {
    if (!/ HTTP\/1\.1\r\n/.test(text)) continue;
    assert.match(text, /^[!-~]{1,32} [^\s]+ HTTP\/1\.1\r\n(?:[!-9;-~]+:[^\r\n\0]*\r\n)+\r\n/, JSON.stringify(text));
    assert.ok((text.match(/^host:/gim)?.length ?? 0) === 1, JSON.stringify(text));
  }
  assert.equal((await get(port)).text, "ok");
});

/** The text with some bytes changed, left out, doubled, or line ends among them. */
function mutated(text: string, random: () => number): string {
  let changed = text;
  for (let times = 1 + Math.floor(random() * 4); times > 0; times -= 1) {
    const at = Math.floor(random() * changed.length);
    const kind = Math.floor(random() * 5);
    const byte = String.fromCharCode(Math.floor(random() * 256));
    const middle = [byte, "", changed.slice(at, at + 20).repeat(2), "\r\n", `${byte}${changed[at] ?? ""}`][kind] ?? "";
    changed = changed.slice(0, at) + middle + changed.slice(at + 1);
  }
  return changed;
}

function randomFrom(seed: number): () => number {
  let state = seed % 2_147_483_647;
  return () => (state = (state * 48_271) % 2_147_483_647) / 2_147_483_647;
}
