import assert from "node:assert/strict";
import { once } from "node:events";
import { type ClientHttp2Session, type ClientHttp2Stream, connect, constants } from "node:http2";
import { type AddressInfo, createServer } from "node:net";
import { test, type TestContext } from "node:test";
import { Raw, startServers, startWebProxy, until, type WebServer } from "./world.ts";

const options = { timeout: 60_000 };

interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly text: string;
}

/** A client that knows beforehand that HTTP/2 is spoken. */
function connectTo(t: TestContext, port: number): ClientHttp2Session {
  const session = connect(`http://127.0.0.1:${port}`);
  session.on("error", () => undefined);
  t.after(() => session.destroy());
  return session;
}

async function answerTo(stream: ClientHttp2Stream): Promise<Answer> {
  const parts: Buffer[] = [];
  stream.on("data", (part: Buffer) => parts.push(part));
  const [headers] = (await once(stream, "response")) as [Record<string, unknown>];
  if (!stream.readableEnded) await once(stream, "end");
  return { status: Number(headers[":status"]), headers, text: Buffer.concat(parts).toString("latin1") };
}

async function get(session: ClientHttp2Session, path: string, fields: Record<string, string> = {}): Promise<Answer> {
  return answerTo(session.request({ ":path": path, ...fields }));
}

async function post(session: ClientHttp2Session, body: Buffer, fields: Record<string, string> = {}): Promise<Answer> {
  const stream = session.request({ ":path": "/echo", ":method": "POST", ...fields });
  stream.end(body);
  return answerTo(stream);
}

async function world(t: TestContext): Promise<{ a: WebServer; port: number; session: ClientHttp2Session }> {
  const [a, b] = await startServers(t, "a", "b");
  assert.ok(a !== undefined && b !== undefined);
  const { port } = await startWebProxy(t, [a.port, b.port]);
  return { a, port, session: connectTo(t, port) };
}

test("requests beside each other on one connection get their answers, with the proxy's fields", options, async (t) => {
  const { session, port } = await world(t);
  const answers = await Promise.all(Array.from({ length: 100 }, () => get(session, "/")));
  assert.deepEqual([...new Set(answers.map(({ status, text }) => `${status} ${text}`))], ["200 a"]);
  const { text, headers } = await get(session, "/echo", { cookie: "x=1", "x-odd": "é" });
  assert.equal(headers["x-server"], "a");
  assert.equal(headers["transfer-encoding"], undefined);
  assert.match(text, new RegExp(`"host","127\\.0\\.0\\.1:${port}"`));
  assert.match(text, /"cookie","x=1"/);
  assert.match(text, /"X-Forwarded-For","127\.0\.0\.1","X-Forwarded-Proto","http"/);
});

test("bodies of any length arrive whole, with and without a length told beforehand", options, async (t) => {
  const { session } = await world(t);
  for (const length of [0, 1, 100_000, 3_000_000]) {
    const body = Buffer.alloc(length, "0123456789");
    for (const fields of [{}, { "content-length": String(length) }]) {
      const { status, text } = await post(session, body, fields);
      assert.equal(status, 200);
      assert.equal(text.slice(text.indexOf("\n") + 1), body.toString("latin1"), `${length}`);
    }
  }
});

test("HEAD, and answers without a body, have none; what the proxy itself says is HTTP/2, too", options, async (t) => {
  const { session } = await world(t);
  const head = await answerTo(session.request({ ":path": "/", ":method": "HEAD" }));
  assert.deepEqual([head.status, head.text], [200, ""]);
  const [one] = await startServers(t, "one");
  const { port } = await startWebProxy(t, [one?.port ?? 0], { holdMs: 100 });
  await one?.kill();
  const { status, headers, text } = await get(connectTo(t, port), "/", { accept: "application/json" });
  assert.equal(status, 503);
  assert.equal(headers["retry-after"], "1");
  assert.match(text, /No server can serve this/);
});

test("a killed server costs no request, whether it has begun to answer others or not", options, async (t) => {
  const { a, session } = await world(t);
  await get(session, "/");
  const slow = Array.from({ length: 20 }, () => get(session, "/slow"));
  await new Promise((resolve) => setTimeout(resolve, 100));
  await a.kill();
  const answers = await Promise.all([...slow, ...Array.from({ length: 50 }, () => get(session, "/"))]);
  assert.deepEqual([...new Set(answers.map(({ status, text }) => `${status} ${text}`))], ["200 b"]);
});

test("events come as they are sent", options, async (t) => {
  const { session } = await world(t);
  const stream = session.request({ ":path": "/events" });
  const [first] = (await once(stream, "data")) as [Buffer];
  assert.match(first.toString(), /^data: 1\n\n$/);
  stream.resume();
  await once(stream, "end");
});

test("a client that resets its requests ends them at the servers, and others go on", options, async (t) => {
  const { session, port } = await world(t);
  for (let i = 0; i < 200; i += 1) {
    const stream = session.request({ ":path": "/slow" });
    stream.on("error", () => undefined);
    setImmediate(() => stream.close(constants.NGHTTP2_CANCEL));
  }
  await new Promise((resolve) => setTimeout(resolve, 300));
  assert.equal((await get(connectTo(t, port), "/")).text, "a");
});

test("a flood of resets ends the connection, and nobody else's", options, async (t) => {
  const { session, port } = await world(t);
  const other = connectTo(t, port);
  await get(other, "/");
  for (let i = 0; i < 20_000 && !session.closed && !session.destroyed; i += 1) {
    const stream = session.request({ ":path": "/slow" });
    stream.on("error", () => undefined);
    stream.close(constants.NGHTTP2_CANCEL);
    if (i % 100 === 0) await new Promise((resolve) => setImmediate(resolve));
  }
  await until(() => session.destroyed, 10_000);
  assert.equal((await get(other, "/")).text, "a");
});

test("a proxy that leaves tells the client when it is quiet, and serves what is under way", options, async (t) => {
  const [a] = await startServers(t, "a");
  const { port, proxy } = await startWebProxy(t, [a?.port ?? 0]);
  const session = connectTo(t, port);
  await get(session, "/");
  const slow = get(session, "/slow");
  const told = once(session, "goaway");
  const closed = proxy.close(5000, true);
  for (let i = 0; i < 20; i += 1) assert.equal((await get(session, "/")).text, "a");
  assert.equal((await slow).text, "a");
  await told;
  await closed;
});

test("a client that is never quiet is told to go, too", options, async (t) => {
  const [a] = await startServers(t, "a");
  const { port, proxy } = await startWebProxy(t, [a?.port ?? 0]);
  const session = connectTo(t, port);
  let answered = 0;
  const ask = async (): Promise<void> => {
    for (; !session.closed; answered += 1) await get(session, "/").catch(() => undefined);
  };
  void ask();
  await until(() => answered > 10);
  await proxy.close(5000, true);
  assert.ok(session.closed);
});

test("requests that HTTP/1.1 would refuse are refused", options, async (t) => {
  const { session } = await world(t);
  const refused = async (fields: Record<string, string>): Promise<number> =>
    get(session, "/", fields).then(
      ({ status }) => status,
      // The connection's own reader is as strict, and says so by a reset.
      ({ code }: NodeJS.ErrnoException) => (code === "ERR_HTTP2_STREAM_ERROR" ? 400 : 0),
    );
  assert.equal(await refused({ host: "other.example", ":authority": "one.example" }), 400);
  assert.equal(await refused({ ":path": "http://x/" }), 400);
  assert.equal(await refused({ ":method": "TRACE" }), 405);
  assert.equal(await refused({ ":path": "/with space" }), 400);
  assert.equal(await refused({ expect: "a miracle" }), 400);
  assert.equal((await get(session, "/")).status, 200);
});

test("what is no HTTP/2 behind its preface ends the connection only", options, async (t) => {
  const { session, port } = await world(t);
  const raw = new Raw(port);
  raw.send("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
  raw.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n".repeat(10));
  await raw.ends();
  assert.equal((await get(session, "/")).text, "a");
});

test("whatever a server answers harms nobody else", options, async (t) => {
  const odd = createServer((socket) => {
    t.after(() => socket.destroy());
    socket.on("error", () => undefined);
    socket.on("data", () =>
      socket.write(
        "HTTP/1.1 200 OK\r\nDate: Mon, 01 Jan 2029 00:00:00 GMT\r\nDate: x\r\nContent-Type: a/b\r\nContent-Type: c/d\r\n" +
          "X-Latin: \xe9\r\nHTTP2-Settings: x\r\nTE: gzip\r\nContent-Length: 2\r\n\r\nok",
        "latin1",
      ),
    );
  });
  odd.listen(0, "127.0.0.1");
  await once(odd, "listening");
  t.after(() => odd.close());
  const { port } = await startWebProxy(t, [(odd.address() as AddressInfo).port]);
  const session = connectTo(t, port);
  for (let i = 0; i < 3; i += 1) {
    const asked = get(session, "/").then(
      ({ text }) => text,
      () => "reset",
    );
    assert.match(await asked, /^(?:ok|reset)$/);
  }
  const raw = new Raw(port);
  raw.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
  await raw.hears(/ok$/);
  raw.socket.destroy();
});

test("frames of chance end their connection at most", options, async (t) => {
  const { session, port } = await world(t);
  let seed = 4711;
  const draw = (below: number): number => (seed = (seed * 48_271) % 2_147_483_647) % below;
  for (let i = 0; i < 300; i += 1) {
    const raw = new Raw(port);
    const frames = Array.from({ length: 1 + draw(20) }, () => {
      const payload = Buffer.from(Array.from({ length: draw(60) }, () => draw(256)));
      const head = Buffer.alloc(9);
      head.writeUIntBE(draw(10) === 0 ? draw(70_000) : payload.length, 0, 3);
      head.writeUInt8(draw(12), 3);
      head.writeUInt8(draw(4) === 0 ? draw(256) : 4 + draw(2), 4);
      head.writeUInt32BE(draw(8), 5);
      return Buffer.concat([head, payload]);
    });
    const settings = draw(5) === 0 ? Buffer.alloc(0) : Buffer.from([0, 0, 0, 4, 0, 0, 0, 0, 0]);
    raw.socket.write(Buffer.concat([Buffer.from("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"), settings, ...frames]));
    setTimeout(() => raw.socket.destroy(), 20 + draw(50));
    if (i % 20 === 0) assert.equal((await get(session, "/")).text, "a");
  }
  await new Promise((resolve) => setTimeout(resolve, 200));
  assert.equal((await get(session, "/")).text, "a");
});
