import { test, type TestContext } from "node:test";
import { systemClock } from "../../src/agent/system-clock.ts";
import type { Address } from "../../src/config/config.ts";
import { openHaproxyRoute, type HaproxyRoute } from "../../src/routes/haproxy/haproxy-route.ts";
import { Client, startToy, steady, until } from "../proxy/world.ts";
import { noHaproxy, RunningHaproxy } from "./running-haproxy.ts";

const options = { skip: noHaproxy, timeout: 20_000 };

test("HAProxy that starts later, or anew, is told what to do within about a second", options, async (t) => {
  const members = await toys(t);
  const haproxy = await RunningHaproxy.forMembers(members, null);
  t.after(() => haproxy.end());
  const { route, log } = await opened(t, haproxy, members);
  route.follow(steady);
  await until(() => log.some((line) => line.startsWith(`there is no socket ${haproxy.socket}: HAProxy does not run`)));
  for (let i = 0; i < 2; i++) {
    const startedAtMs = performance.now();
    await haproxy.start();
    await until(() => route.status.servers.some(({ name, isReady }) => name === "a" && isReady));
    t.diagnostic(`told after ${(performance.now() - startedAtMs).toFixed(0)} ms`);
    const client = new Client(haproxy.at);
    await client.hears(/^a$/);
    await haproxy.kill();
    await until(() => /nobody answers at .*: HAProxy does not run/.test(route.status.problem));
  }
});

test("a member that somebody has made ready is taken out again, and its clients go", options, async (t) => {
  const members = await toys(t);
  const haproxy = await RunningHaproxy.configured([
    `a 127.0.0.1:${members["a"]?.port} disabled`,
    `b 127.0.0.1:${members["b"]?.port}`,
  ]);
  t.after(() => haproxy.end());
  await haproxy.start();
  const early = new Client(haproxy.at);
  await early.hears(/^b$/);
  const { route, log } = await opened(t, haproxy, members);
  route.follow(steady);
  await until(() => early.hasEnded);
  await until(() => log.some((line) => /lets clients in to b when it starts.*write "disabled"/.test(line)));
});

test("servers and backends that HAProxy does not have are named, and the others are told", options, async (t) => {
  const members = await toys(t);
  const haproxy = await RunningHaproxy.configured([`a 127.0.0.1:${members["a"]?.port} disabled`]);
  t.after(() => haproxy.end());
  await haproxy.start();
  const { route } = await opened(t, haproxy, members);
  route.follow(steady);
  await until(() => route.status.problem === `HAProxy's backend "db" has no server b: it has a`);
  await until(() => route.status.servers.some(({ isReady }) => isReady));
  await new Client(haproxy.at).hears(/^a$/);
  const other = await opened(t, haproxy, members, "other");
  await until(() => other.route.status.problem === `HAProxy at ${haproxy.socket} has no backend "other"`);
});

test("a socket that takes no commands is named, with what to write", options, async (t) => {
  const members = await toys(t);
  const servers = Object.entries(members).map(([name, { port }]) => `${name} 127.0.0.1:${port} disabled`);
  const haproxy = await RunningHaproxy.configured(servers, { level: "operator" });
  t.after(() => haproxy.end());
  await haproxy.start();
  const { route } = await opened(t, haproxy, members);
  route.follow(steady);
  await until(() =>
    /takes no such commands at .*: give its "stats socket" the "level admin"/.test(route.status.problem),
  );
});

test("all clients of a former primary are gone within milliseconds", options, async (t) => {
  const members = await toys(t);
  const haproxy = await RunningHaproxy.forMembers(members, null);
  t.after(() => haproxy.end());
  await haproxy.start();
  const { route } = await opened(t, haproxy, members);
  route.follow(steady);
  await until(() => route.status.servers.some(({ isReady }) => isReady));
  const clients = Array.from({ length: 300 }, () => new Client(haproxy.at));
  await until(() => clients.every(({ text }) => text === "a"));
  const changedAtMs = performance.now();
  route.follow({ ...steady, term: 2, primary: "b" });
  await until(() => clients.every(({ hasEnded }) => hasEnded));
  t.diagnostic(`300 clients were gone after ${(performance.now() - changedAtMs).toFixed(0)} ms`);
  const next = new Client(haproxy.at);
  await next.hears(/^b$/);
});

async function toys(t: TestContext): Promise<Record<string, Address>> {
  const [a, b] = [await startToy(t, (socket) => socket.write("a")), await startToy(t, (socket) => socket.write("b"))];
  return { a: a.address, b: b.address };
}

async function opened(
  t: TestContext,
  haproxy: RunningHaproxy,
  addresses: Readonly<Record<string, Address>>,
  backend = "db",
): Promise<{ route: HaproxyRoute; log: readonly string[] }> {
  const log: string[] = [];
  const route = await openHaproxyRoute({
    group: "db",
    config: { kind: "haproxy", name: "main", socket: haproxy.socket, backend, hold: null },
    addresses,
    clock: systemClock,
    log: (text) => log.push(text),
  });
  t.after(() => route.close(0));
  return { route, log };
}
