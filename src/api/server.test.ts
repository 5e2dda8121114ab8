import assert from "node:assert/strict";
import { mkdtemp, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { eventsOf, killedPrimary } from "../../test/support/takeover-events.ts";
import { PretendAgent } from "../../test/support/pretend-agent.ts";
import type { GroupEvent } from "../core/event.ts";
import { UnknownOutcome } from "../lib/failure.ts";
import type { Operation } from "./agent-port.ts";
import { ask, Unreachable } from "./ask.ts";
import { agentAt } from "./client.ts";
import { http } from "./node-http.ts";
import { serveApi, type ApiServer } from "./server.ts";

async function served(t: TestContext): Promise<{ agent: PretendAgent; socket: string; server: ApiServer }> {
  const directory = await mkdtemp(join(tmpdir(), "understudy-api-"));
  const agent = new PretendAgent();
  const socket = join(directory, "agent.sock");
  const server = await serveApi(agent, { socket, address: { host: "127.0.0.1", port: 0 } });
  t.after(async () => {
    await server.close();
    await rm(directory, { recursive: true });
  });
  return { agent, socket, server };
}

/** The status code and the body of a request to the loopback port. */
function fetched(server: ApiServer, method: string, path: string, body = ""): Promise<{ code: number; text: string }> {
  return new Promise((resolve, reject) => {
    const request = http.request({ ...server.address, method, path, agent: false }, (response) => {
      let text = "";
      response.setEncoding("utf8").on("data", (chunk: string) => (text += chunk));
      response.on("end", () => resolve({ code: response.statusCode ?? 0, text }));
    });
    request.on("error", reject);
    request.end(body);
  });
}

const switchover: Operation = { do: "switchover", group: "main", to: "b", by: "ana@host", because: "kernel update" };

test("serveApi() makes its socket for its user alone, and refuses a second agent there", async (t) => {
  const { agent, socket } = await served(t);
  assert.equal((await stat(socket)).mode & 0o777, 0o600);
  await assert.rejects(serveApi(agent, { socket, address: null }), /an agent answers there already/);
});

test("a left-over socket is replaced, a port in use is named", async (t) => {
  const { agent, socket, server } = await served(t);
  const second = { socket: `${socket}2`, address: server.address };
  await assert.rejects(serveApi(agent, second), /Cannot serve the API at "127.0.0.1:\d+": .*EADDRINUSE/);
  await assert.rejects(ask(second.socket, { path: "/liveness", deadlineMs: 500 }), Unreachable);
});

test("reading is served on both, operations on the socket alone", async (t) => {
  const { agent, socket, server } = await served(t);
  const client = agentAt("a", socket);
  assert.deepEqual(await client.status(), agent.current);
  assert.deepEqual(JSON.parse((await fetched(server, "GET", "/v1/status")).text), agent.current);

  const refused = await fetched(server, "POST", "/v1/operations", JSON.stringify(switchover));
  assert.equal(refused.code, 403);
  assert.deepEqual(agent.asked, []);

  assert.deepEqual(await client.request(switchover), {
    outcome: "accepted",
    text: "switchover is on its way",
    id: "op-1",
  });
  assert.deepEqual(agent.asked, [switchover]);
});

test("outcomes of operations come back as they were given", async (t) => {
  const { agent, socket } = await served(t);
  for (const outcome of ["refused", "unknown-name", "unavailable"] as const) {
    agent.onRequest = () => ({ outcome, text: `because of ${outcome}` });
    assert.deepEqual(await agentAt("a", socket).request(switchover), { outcome, text: `because of ${outcome}` });
  }
});

test("what is not understood is refused with a reason", async (t) => {
  const { socket, server } = await served(t);
  const post = (body: unknown) => ask(socket, { method: "POST", path: "/v1/operations", body, deadlineMs: 1000 });
  assert.match((await post({ do: "explode", group: "main", by: "x", because: "" })).text, /do: expected one of/);
  assert.match((await post({ ...switchover, to: 7 })).text, /to: expected a member's name/);
  assert.match((await post("x".repeat(100_000))).text, /expected an object/);
  assert.equal((await fetched(server, "GET", "/nowhere")).code, 404);
  assert.equal((await fetched(server, "DELETE", "/v1/status")).code, 405);
  assert.equal((await fetched(server, "GET", "/v1/events?group=nope")).code, 404);
});

test("health is answered by code for GET, HEAD and OPTIONS", async (t) => {
  const { agent, server } = await served(t);
  for (const method of ["GET", "HEAD", "OPTIONS"]) {
    assert.equal((await fetched(server, method, "/primary")).code, 200, method);
    assert.equal((await fetched(server, method, "/v1/groups/main/standby")).code, 503, method);
  }
  agent.status = () => {
    throw new Error("nothing known yet");
  };
  assert.equal((await fetched(server, "GET", "/primary")).code, 503);
});

test("metrics are Prometheus text", async (t) => {
  const { server } = await served(t);
  const { code, text } = await fetched(server, "GET", "/metrics");
  assert.equal(code, 200);
  assert.match(text, /^understudy_primary\{group="main",member="a"\} 1$/m);
  assert.match(text, /^understudy_replication_lag_bytes\{group="main",member="c"\} 8192$/m);
  assert.match(text, /^# TYPE understudy_process_cpu_seconds_total counter$/m);
});

test("events are told newest last, and followed without repeating any", async (t) => {
  const { agent, socket } = await served(t);
  const client = agentAt("a", socket);
  agent.history = eventsOf(killedPrimary.slice(0, 3));
  assert.deepEqual(
    (await client.events("main", 2)).map((event) => event.kind),
    ["suspected", "sealed"],
  );

  const told: GroupEvent[] = [];
  const stop = new AbortController();
  const allTold = Promise.withResolvers<void>();
  const following = client.follow(
    { group: null, limit: 1, after: null },
    (event) => {
      told.push(event);
      if (told.length === 1) {
        agent.history = eventsOf(killedPrimary);
        agent.ring();
        agent.ring();
      }
      if (event.kind === "rejoined") allTold.resolve();
    },
    stop.signal,
  );
  await allTold.promise;
  stop.abort();
  await following;
  assert.deepEqual(told, eventsOf(killedPrimary.slice(2)));
});

test("a lost answer to an operation is an unknown outcome", async (t) => {
  const { agent, socket, server } = await served(t);
  agent.request = () => {
    void server.close();
    return new Promise(() => {});
  };
  await assert.rejects(agentAt("a", socket).request(switchover), UnknownOutcome);
});
