import assert from "node:assert/strict";
import type { Socket } from "node:net";
import { test } from "node:test";
import { fatalError } from "../../src/routes/proxy/postgres-messages.ts";
import { CANCEL, queryMessage, STARTUP, toyPostgres, WISH_FOR_TLS } from "./toy-postgres.ts";
import { Client, freePort, startProxy, startToy, steady, until, vacant } from "./world.ts";

const options = { timeout: 10_000 };

test("clients wait while nobody is primary, and are served oldest first once somebody is", options, async (t) => {
  const order: string[] = [];
  const toy = await startToy(t, (socket) =>
    socket.once("data", (chunk) => {
      order.push(/n(\d+)/.exec(chunk.toString("latin1"))?.[1] ?? "?");
      toyPostgres("a")(socket);
      socket.emit("data", chunk);
    }),
  );
  const { proxy, readWrite } = await startProxy(t, { a: toy.address });
  proxy.follow(vacant);
  const clients: Client[] = [];
  for (let i = 0; i < 100; i++) {
    const client = new Client(readWrite);
    clients.push(client);
    const body = `user\0n${i}\0\0`;
    const startup = Buffer.concat([STARTUP.subarray(0, 8), Buffer.from(body)]);
    startup.writeInt32BE(startup.length, 0);
    client.socket.write(startup);
    await until(() => proxy.status.readWrite.held === i + 1);
  }
  assert.deepEqual(order, []);
  const openedAtMs = performance.now();
  proxy.follow(steady);
  await until(() => clients[0]?.text.includes("name\0a") ?? false);
  t.diagnostic(`the first of 100 was served ${(performance.now() - openedAtMs).toFixed(1)} ms after the view`);
  await until(() => clients.every((client) => client.text.includes("name\0a")));
  t.diagnostic(`the last one ${(performance.now() - openedAtMs).toFixed(1)} ms after it`);
  assert.deepEqual(order.slice(0, 5), ["0", "1", "2", "3", "4"]);
  assert.equal(proxy.status.readWrite.held, 0);
});

test("a client that has waited for too long hears why", options, async (t) => {
  const { proxy, readWrite } = await startProxy(t, {}, { holdMs: 100 });
  proxy.follow(vacant);
  for (const first of [STARTUP, WISH_FOR_TLS]) {
    const client = new Client(readWrite);
    client.socket.write(first);
    if (first === WISH_FOR_TLS) await client.hears(/^N/).then(() => client.socket.write(STARTUP));
    await client.hears(/C57P03\0Mcannot connect now: "db" has no primary at the moment\0HUnderstudy held/);
    await until(() => client.hasEnded);
    assert.equal(client.error, null);
  }
});

test("no more clients wait than may, and those that give up make room", options, async (t) => {
  const { proxy, readWrite } = await startProxy(t, {}, { maxHeld: 2 });
  proxy.follow(vacant);
  const held = [new Client(readWrite), new Client(readWrite)];
  for (const client of held) client.socket.write(STARTUP);
  await until(() => proxy.status.readWrite.held === 2);
  const third = new Client(readWrite);
  await third.ask(STARTUP, /C57P03/);
  held[0]?.socket.destroy();
  await until(() => proxy.status.readWrite.held === 1);
  new Client(readWrite).socket.write(STARTUP);
  await until(() => proxy.status.readWrite.held === 2);
});

test("a primary that does not listen yet is tried until it does", options, async (t) => {
  const port = await freePort();
  const { proxy, readWrite } = await startProxy(t, { a: { host: "127.0.0.1", port } });
  proxy.follow(steady);
  const clients = [new Client(readWrite), new Client(readWrite), new Client(readWrite)];
  for (const client of clients) client.socket.write(STARTUP);
  await new Promise((resolve) => setTimeout(resolve, 150));
  assert.equal(
    clients.some((client) => client.hasEnded),
    false,
  );
  await startToy(t, toyPostgres("a"), port);
  for (const client of clients) await client.hears(/name\0a/);
  const { retried } = proxy.status.readWrite.counters;
  assert.ok(retried >= 2 && retried <= 10, `${retried} attempts`);
});

test("a server that is just starting or stopping is not shown to the client", options, async (t) => {
  let refusals = 3;
  const toy = await startToy(t, (socket) => {
    if (refusals === 0) return toyPostgres("a")(socket);
    socket.on("data", (chunk) => {
      if (chunk.equals(WISH_FOR_TLS)) return void socket.write("N");
      refusals -= 1;
      if (refusals === 0) return void socket.destroy();
      const error = fatalError("57P03", "the database system is starting up");
      socket.write(error.subarray(0, 9));
      setTimeout(() => socket.end(error.subarray(9)), 5);
    });
  });
  const { proxy, readWrite } = await startProxy(t, { a: toy.address });
  proxy.follow(steady);
  const client = new Client(readWrite);
  await client.ask(WISH_FOR_TLS, /^N$/);
  await client.ask(STARTUP, /^NR\0\0\0.*name\0a/s);
  await client.ask(queryMessage("hi"), /hi\0/);
  assert.equal(client.text.includes("57P03"), false);
});

test("any other error of a server reaches the client", options, async (t) => {
  const toy = await startToy(t, (socket) =>
    socket.once("data", () => socket.end(fatalError("28P01", "wrong password"))),
  );
  const { proxy, readWrite } = await startProxy(t, { a: toy.address });
  proxy.follow(steady);
  const client = new Client(readWrite);
  await client.ask(STARTUP, /28P01\0Mwrong password/);
  await until(() => client.hasEnded);
});

test("a client whose primary has answered nothing goes to the next one", options, async (t) => {
  const silent = await startToy(t, (socket) => void socket.resume().on("end", () => socket.end()));
  const next = await startToy(t, toyPostgres("b"));
  const { proxy, readWrite } = await startProxy(t, { a: silent.address, b: next.address });
  proxy.follow(steady);
  const client = new Client(readWrite);
  client.socket.write(STARTUP);
  await until(() => silent.sockets.size === 1);
  proxy.follow(vacant);
  await until(() => silent.sockets.size === 0 && proxy.status.readWrite.held === 1);
  proxy.follow({ ...steady, primary: "b", term: 2 });
  await client.hears(/name\0b/);
});

test("requests to cancel are handed on during a switchover, and never held", options, async (t) => {
  const heard: string[] = [];
  const toy = await startToy(t, toyPostgres("a", heard));
  const { proxy, readWrite } = await startProxy(t, { a: toy.address });
  proxy.follow({ ...steady, switchover: "draining" });
  const client = new Client(readWrite);
  client.socket.write(CANCEL);
  await until(() => client.hasEnded);
  assert.deepEqual(heard, ["cancel"]);
  proxy.follow(vacant);
  const late = new Client(readWrite);
  late.socket.write(CANCEL);
  await until(() => late.hasEnded);
  assert.deepEqual(heard, ["cancel"]);
});

test("one connection too many hears so", options, async (t) => {
  const toy = await startToy(t, toyPostgres("a"));
  const { proxy, readWrite } = await startProxy(t, { a: toy.address }, { maxConnections: 1 });
  proxy.follow(steady);
  const first = new Client(readWrite);
  await first.ask(STARTUP, /name\0a/);
  const second = new Client(readWrite);
  await second.ask(STARTUP, /C53300\0Mtoo many connections: this proxy takes 1/);
  first.socket.destroy();
  await until(() => proxy.status.readWrite.connections === 0);
  await new Client(readWrite).ask(STARTUP, /name\0a/);
});

test("a stale view holds new clients that write", options, async (t) => {
  const toy = await startToy(t, toyPostgres("a"));
  const { proxy, readWrite } = await startProxy(t, { a: toy.address });
  proxy.follow(steady);
  const old = new Client(readWrite);
  await old.ask(STARTUP, /name\0a/);
  proxy.follow({ ...steady, isFresh: false });
  const fresh = new Client(readWrite);
  fresh.socket.write(STARTUP);
  await until(() => proxy.status.readWrite.held === 1);
  await old.ask(queryMessage("still"), /still/);
  proxy.follow(steady);
  await fresh.hears(/name\0a/);
});

test(
  "an answer that comes once the view is stale is not passed on: it may be of the server's next life",
  options,
  async (t) => {
    const slow: Socket[] = [];
    const serve = toyPostgres("a");
    const toy = await startToy(t, (socket) => slow.push(socket));
    const { proxy, readWrite } = await startProxy(t, { a: toy.address });
    proxy.follow({ ...steady, needsStandbys: true });
    const client = new Client(readWrite);
    client.socket.write(STARTUP);
    await until(() => slow.length === 1);
    proxy.follow({ ...steady, needsStandbys: true, isFresh: false });
    for (const socket of slow) serve(socket);
    await until(() => proxy.status.readWrite.held === 1);
    assert.equal(client.text, "");
    proxy.follow({ ...steady, needsStandbys: true });
    await until(() => slow.length === 2);
    serve(slow[1] as Socket);
    await client.hears(/name\0a/);
  },
);
