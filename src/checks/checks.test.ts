import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer, type AddressInfo, type Server, type Socket } from "node:net";
import { test, type TestContext } from "node:test";
import { systemClock } from "../agent/system-clock.ts";
import type { Address } from "../config/config.ts";
import type { Clock } from "../lib/clock.ts";
import type { Check } from "./check.ts";
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
