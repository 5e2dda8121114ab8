import assert from "node:assert/strict";
import { test, type TestContext } from "node:test";
import type { Address } from "../../src/config/config.ts";
import { CANCEL, queryMessage, STARTUP, toyPostgres } from "./toy-postgres.ts";
import { Client, freePort, startProxy, startToy, steady, until, vacant, type Toy } from "./world.ts";

const options = { timeout: 10_000 };

test("readers are spread over the standbys", options, async (t) => {
  const { a, b, c, proxy, readOnly } = await threeMembers(t);
  proxy.follow(steady);
  const clients = await readers(readOnly, 10);
  assert.deepEqual([a.sockets.size, b.sockets.size, c.sockets.size], [0, 5, 5]);
  for (const client of clients) client.socket.destroy();
});

test("a standby that refuses is passed over before the client notices", options, async (t) => {
  const { a, c, proxy, readOnly } = await threeMembers(t, { b: { host: "127.0.0.1", port: await freePort() } });
  proxy.follow(steady);
  await readers(readOnly, 6);
  assert.deepEqual([a.sockets.size, c.sockets.size], [0, 6]);
});

test("without a standby readers go to the primary, and wait when there is none either", options, async (t) => {
  const { a, proxy, readOnly } = await threeMembers(t);
  proxy.follow({ ...steady, readers: [], tolerated: [] });
  await readers(readOnly, 2);
  assert.equal(a.sockets.size, 2);
  proxy.follow({ ...vacant, readers: [], tolerated: [] });
  await until(() => a.sockets.size === 0);
  const client = new Client(readOnly);
  client.socket.write(STARTUP);
  await until(() => proxy.status.readOnly?.held === 1);
  proxy.follow(steady);
  await client.hears(/name\0b/);
});

test("readers stay with a standby that becomes primary, and leave one that is no longer usable", options, async (t) => {
  const { b, c, proxy, readOnly } = await threeMembers(t);
  proxy.follow(steady);
  const clients = await readers(readOnly, 2);
  proxy.follow({ ...steady, primary: "b", term: 2, open: false, readers: ["c"], tolerated: ["c"] });
  proxy.follow({ ...steady, primary: "b", term: 2, readers: [], tolerated: ["c"] });
  for (const client of clients) await client.ask(queryMessage("still"), /still/);
  proxy.follow({ ...steady, primary: "b", term: 2, readers: [], tolerated: [] });
  await until(() => c.sockets.size === 0);
  assert.equal(b.sockets.size, 1);
});

test("a request to cancel reaches every standby that may have the connection", options, async (t) => {
  const { heard, proxy, readOnly } = await threeMembers(t);
  proxy.follow(steady);
  await readers(readOnly, 2);
  const client = new Client(readOnly);
  client.socket.write(CANCEL);
  await until(() => client.hasEnded);
  assert.deepEqual(heard.filter((opening) => opening === "cancel").length, 2);
});

async function threeMembers(
  t: TestContext,
  others: Record<string, Address> = {},
): Promise<{ a: Toy; b: Toy; c: Toy; heard: string[] } & Awaited<ReturnType<typeof startProxy>>> {
  const heard: string[] = [];
  const [a, b, c] = [
    await startToy(t, toyPostgres("a", heard)),
    await startToy(t, toyPostgres("b", heard)),
    await startToy(t, toyPostgres("c", heard)),
  ];
  const members = { a: a.address, b: b.address, c: c.address, ...others };
  return { a, b, c, heard, ...(await startProxy(t, members)) };
}

async function readers(address: Address, count: number): Promise<readonly Client[]> {
  const clients: Client[] = [];
  for (let i = 0; i < count; i++) {
    const client = new Client(address);
    await client.ask(STARTUP, /name\0/);
    clients.push(client);
  }
  return clients;
}
