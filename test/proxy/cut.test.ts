import assert from "node:assert/strict";
import { test } from "node:test";
import { queryMessage, STARTUP, toyPostgres, WISH_FOR_TLS } from "./toy-postgres.ts";
import { Client, startProxy, startToy, steady, until, vacant } from "./world.ts";

const options = { timeout: 20_000 };
const draining = { ...steady, switchover: "draining" as const };

test("all connections to a former primary are cut at once", options, async (t) => {
  const toy = await startToy(t, toyPostgres("a"));
  const { proxy, readWrite } = await startProxy(t, { a: toy.address });
  proxy.follow(steady);
  const clients = Array.from({ length: 500 }, () => new Client(readWrite));
  for (const client of clients) client.socket.write(STARTUP);
  await until(() => clients.every((client) => client.text.includes("name\0a")));
  clients[0]?.socket.write(queryMessage("slow"));
  await new Promise((resolve) => setTimeout(resolve, 20));
  const beganAtMs = performance.now();
  proxy.follow({ ...steady, primary: "b", term: 2 });
  t.diagnostic(`cut 500 connections in ${(performance.now() - beganAtMs).toFixed(1)} ms`);
  await until(() => clients.every((client) => client.hasEnded));
  await until(() => toy.sockets.size === 0);
  assert.deepEqual(
    clients.filter(({ error }) => error !== null),
    [],
  );
  assert.match(clients[1]?.text ?? "", /C57P01\0Mterminating connection because its server is no longer in charge/);
  assert.doesNotMatch(clients[0]?.text ?? "", /57P01/);
  assert.equal(proxy.status.readWrite.connections, 0);
});

test("a later term of the same primary, or one that is no longer open, cuts as well", options, async (t) => {
  const toy = await startToy(t, toyPostgres("a"));
  const { proxy, readWrite } = await startProxy(t, { a: toy.address });
  for (const view of [{ ...steady, term: 2 }, { ...steady, open: false }, vacant]) {
    proxy.follow(steady);
    const client = new Client(readWrite);
    await client.ask(STARTUP, /name\0a/);
    proxy.follow(view);
    await until(() => client.hasEnded);
  }
});

test(
  "a switchover closes clients without work at once, others as soon as they have none, the rest at its end",
  options,
  async (t) => {
    const old = await startToy(t, toyPostgres("a"));
    const next = await startToy(t, toyPostgres("b"));
    const { proxy, readWrite } = await startProxy(t, { a: old.address, b: next.address });
    proxy.follow(steady);
    const [idle, busy, stuck] = [new Client(readWrite), new Client(readWrite), new Client(readWrite)];
    for (const client of [idle, busy, stuck]) await client.ask(STARTUP, /name\0a/);
    await busy.ask(queryMessage("begin"), /begin/);
    stuck.socket.write(queryMessage("slow"));
    await new Promise((resolve) => setTimeout(resolve, 20));

    proxy.follow(draining);
    await idle.hears(/C57P01\0Mterminating connection due to a planned switchover/);
    await until(() => idle.hasEnded);
    const again = new Client(readWrite);
    again.socket.write(STARTUP);
    await until(() => proxy.status.readWrite.held === 1);
    await busy.ask(queryMessage("work"), /work\0.*57P01/s);
    await until(() => busy.hasEnded);
    assert.equal(stuck.hasEnded, false);

    proxy.follow({ ...vacant, switchover: "handed-over" });
    await until(() => stuck.hasEnded);
    assert.doesNotMatch(stuck.text, /57P01/);
    proxy.follow({ ...steady, primary: "b", term: 2 });
    await again.hears(/name\0b/);
    assert.deepEqual(
      [idle, busy, stuck].filter(({ error }) => error !== null),
      [],
    );
  },
);

test("a switchover that is given up lets everybody stay", options, async (t) => {
  const toy = await startToy(t, toyPostgres("a"));
  const { proxy, readWrite } = await startProxy(t, { a: toy.address });
  proxy.follow(steady);
  const client = new Client(readWrite);
  await client.ask(STARTUP, /name\0a/);
  await client.ask(queryMessage("begin"), /begin/);
  proxy.follow(draining);
  proxy.follow(steady);
  await client.ask(queryMessage("end"), /end\0/);
  await new Promise((resolve) => setTimeout(resolve, 20));
  assert.equal(client.hasEnded, false);
});

test("an encrypted connection, of which nothing can be known, is cut only at the end", options, async (t) => {
  const toy = await startToy(t, (socket) => {
    socket.once("data", () => {
      socket.write("S");
      socket.on("data", (chunk) => socket.write(chunk));
    });
  });
  const { proxy, readWrite } = await startProxy(t, { a: toy.address });
  proxy.follow(steady);
  const client = new Client(readWrite);
  await client.ask(WISH_FOR_TLS, /^S$/);
  await client.ask("secret", /^Ssecret$/);
  proxy.follow(draining);
  await client.ask("more", /^Ssecretmore$/);
  proxy.follow(vacant);
  await until(() => client.hasEnded);
  assert.equal(client.text, "Ssecretmore");
});

test("a proxy that is being stopped lets work under way end, then closes", options, async (t) => {
  const toy = await startToy(t, toyPostgres("a"));
  const { proxy, readWrite } = await startProxy(t, { a: toy.address });
  proxy.follow(steady);
  const [idle, busy] = [new Client(readWrite), new Client(readWrite)];
  for (const client of [idle, busy]) await client.ask(STARTUP, /name\0a/);
  await busy.ask(queryMessage("begin"), /begin/);
  const closed = proxy.close(5000);
  await idle.hears(/57P01\0Mterminating connection because the proxy is being stopped/);
  const late = new Client(readWrite);
  await until(() => late.error !== null);
  await busy.ask(queryMessage("work"), /work\0/);
  await until(() => busy.hasEnded);
  await closed;
});
