import assert from "node:assert/strict";
import { test } from "node:test";
import type { HttpProxyStatus } from "../routes/http/http-proxy.ts";
import type { UpstreamStatus } from "../routes/http/pool.ts";
import { plainPaint } from "./paint.ts";
import { eventLine, renderWebStatus } from "./render-web-status.ts";

const server: UpstreamStatus = {
  group: "",
  server: "127.0.0.1:9001",
  tier: 0,
  weight: 1,
  state: "down",
  why: "connect ECONNREFUSED 127.0.0.1:9001",
  requests: 1000,
  failed: 3,
  hedged: 0,
  underWay: 0,
  connections: 0,
  p50Ms: 0.9,
  p99Ms: 12,
};

const status: HttpProxyStatus = {
  listen: { host: "", port: 8080 },
  processes: 1,
  pid: 1,
  clients: 12,
  held: 0,
  requests: 2000,
  refused: 1,
  bad: 0,
  servers: [server, { ...server, server: "127.0.0.1:9002", tier: 1, state: "up", why: "", requests: 1000, failed: 0 }],
};

test("the status of a proxy of web servers is a table with what happens in a second", () => {
  const [first, second] = status.servers as [UpstreamStatus, UpstreamStatus];
  const before = { ...status, requests: 1750, servers: [first, { ...second, requests: 750 }] };
  assert.deepEqual(renderWebStatus(status, { status: before, ms: 500 }, ["12:00 127.0.0.1:9001 down"], plainPaint), [
    "understudy proxy  :8080  12 clients, 500 requests/s, 0 waiting, 1 refused",
    "",
    "server          role     state  requests/s  under way     p50    p99  failed",
    "127.0.0.1:9001  active   down            0          0  0.9 ms  12 ms       3  connect ECONNREFUSED 127.0.0.1:9001",
    "127.0.0.1:9002  standby  up            500          0  0.9 ms  12 ms       0",
    "",
    "12:00 127.0.0.1:9001 down",
  ]);
});

test("an event is a line", () => {
  assert.equal(
    eventLine({ event: "down", group: "", server: "a:1", text: "it answers 500" }),
    "a:1 down: it answers 500",
  );
  assert.equal(eventLine({ event: "served", group: "", server: null, text: "" }), "served");
});
