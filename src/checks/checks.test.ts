import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer as createHttpServer } from "node:http";
import { createServer, type AddressInfo, type Server, type Socket } from "node:net";
import { test, type TestContext } from "node:test";
import { systemClock } from "../agent/system-clock.ts";
import type { Address } from "../config/config.ts";
import type { Clock } from "../lib/clock.ts";
import type { Check } from "./check.ts";
import { httpCheck, type HttpCheckOptions } from "./http.ts";
import { ScheduledCheck } from "./schedule.ts";
import { sqlCheck } from "./sql.ts";
import { tcpCheck } from "./tcp.ts";

/** A server on a free port that does `onConnection`, and where it is. */
async function listening(t: TestContext, onConnection: (socket: Socket) => void): Promise<[Server, Address]> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on("error", () => undefined);
    onConnection(socket);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  t.after(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return [server, { host: "127.0.0.1", port: (server.address() as AddressInfo).port }];
}

test("tcpCheck() tells a server that accepts from one that is not there", async (t) => {
  const [server, address] = await listening(t, () => undefined);
  const check = tcpCheck(address, systemClock);
  assert.equal((await check.run(1000)).ok, true);
  server.close();
  const refused = await check.run(1000);
  assert.equal(refused.ok, false);
  assert.match(refused.text, /ECONNREFUSED/);
});

test("sqlCheck() gives up on a server that accepts and says nothing", async (t) => {
  const [, address] = await listening(t, () => undefined);
  const check = sqlCheck({ address, database: "app", user: "app", password: "x" }, "select 1", systemClock);
  for (let i = 0; i < 2; i++) {
    const result = await check.run(30);
    assert.deepEqual([result.ok, result.text], [false, "no answer in 30 ms"]);
    assert.ok(result.tookMs < 500);
  }
});

test("sqlCheck() fails at once when the server hangs up or is ended", async (t) => {
  const [, address] = await listening(t, (socket) => socket.destroy());
  const check = sqlCheck({ address, database: "app", user: "app", password: "x" }, "select 1", systemClock);
  assert.equal((await check.run(1000)).ok, false);
  const [, silent] = await listening(t, () => undefined);
  const other = sqlCheck({ address: silent, database: "app", user: "app", password: "x" }, "select 1", systemClock);
  const trying = other.run(1000);
  other.close();
  assert.equal((await trying).text, "the check was ended");
});

test("httpCheck() judges status, header and body, and gives up on silence", async (t) => {
  const server = createHttpServer((request, response) => {
    if (request.url === "/silent") return;
    response.writeHead(request.url === "/broken" ? 500 : 200, { "x-ready": "yes, all" });
    response.end(`${request.headers.host ?? ""} is fine`);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  const address = { host: "127.0.0.1", port: (server.address() as AddressInfo).port };
  const base = { method: "GET", path: "/", host: null, header: null, body: null, tls: null } as const;
  const ask = (change: Partial<HttpCheckOptions>, deadlineMs = 1000) =>
    httpCheck(address, { ...base, isGoodStatus: (status) => status === 200, ...change }, systemClock).run(deadlineMs);
  const cases: readonly (readonly [Partial<HttpCheckOptions>, boolean, RegExp])[] = [
    [{}, true, /answered 200/],
    [{ path: "/broken" }, false, /it answers 500/],
    [{ header: { name: "X-Ready", contains: "yes" } }, true, /answered/],
    [{ header: { name: "X-Ready", contains: "no" } }, false, /X-Ready has no "no"/],
    [{ host: "shop.example", body: "shop.example is fine" }, true, /answered/],
    [{ body: "is well" }, false, /body has no "is well"/],
    [{ tls: { minDays: 1, ca: null } }, false, /./],
  ];
  for (const [change, ok, text] of cases) {
    const result = await ask(change);
    assert.equal(result.ok, ok, JSON.stringify(change));
    assert.match(result.text, text);
  }
  const silent = await ask({ path: "/silent" }, 30);
  assert.deepEqual([silent.ok, silent.text], [false, "no answer in 30 ms"]);
});

test("a doubt makes a scheduled check try at once, and more often for a while", async () => {
  let nowMs = 0;
  let due: { ms: number; run: () => void } | null = null;
  const clock: Clock = {
    ...systemClock,
    nowMs: () => nowMs,
    after: (ms, run) => ((due = { ms, run }), () => (due = null)),
  };
  let tries = 0;
  const check: Check = { run: async () => ({ ok: ++tries > 0, text: "", tookMs: 1 }), close: () => undefined };
  const times = { intervalMs: 1000, inDoubtMs: 100, timeoutMs: 10, rise: 1, fall: 2 };
  const scheduled = new ScheduledCheck(check, times, clock);
  const waits = async (): Promise<number> => {
    await new Promise(setImmediate);
    return (due as { ms: number } | null)?.ms ?? -1;
  };
  assert.equal(await waits(), 1000);
  scheduled.doubt();
  scheduled.doubt();
  assert.deepEqual([await waits(), tries], [100, 2]);
  nowMs = 5000;
  (due as { run: () => void } | null)?.run();
  assert.equal(await waits(), 1000);
  scheduled.close();
});

test("a scheduled check counts rise and fall, one try after the other", async () => {
  const results = [true, true, false, false, false, true];
  let due: (() => void) | null = null;
  const clock: Clock = { ...systemClock, after: (_ms, then) => ((due = then), () => (due = null)) };
  const check: Check = {
    run: async () => ({ ok: results.shift() ?? true, text: "", tookMs: 1 }),
    close: () => undefined,
  };
  const scheduled = new ScheduledCheck(check, { intervalMs: 10, timeoutMs: 10, rise: 2, fall: 3 }, clock);
  const seen: string[] = [];
  for (let i = 0; i < 6; i++) {
    await new Promise(setImmediate);
    seen.push(scheduled.health);
    (due as (() => void) | null)?.();
  }
  assert.deepEqual(seen, ["unknown", "up", "up", "up", "down", "down"]);
  scheduled.close();
});
