import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { test, type TestContext } from "node:test";
import { systemClock } from "../../src/agent/system-clock.ts";
import type { GroupConfig } from "../../src/config/config.ts";
import { openHttpRoute, type HttpRoute } from "../../src/routes/http/http-route.ts";
import { unknownView, type RouteView } from "../../src/routes/route.ts";
import { freePort } from "../proxy/world.ts";
import { get, until } from "../web/world.ts";

const options = { timeout: 30_000 };
const steady: RouteView = { ...unknownView("web"), isFresh: true, term: 1, primary: "a", open: true };
/** For so long it is seen that nothing comes. */
const SILENCE_MS = 150;

interface Member {
  readonly port: number;
  readonly name: string;
  /** Requests for `/wait`, which are answered by the test. */
  readonly waiting: ServerResponse[];
}

async function member(t: TestContext, name: string): Promise<Member> {
  const waiting: ServerResponse[] = [];
  const server = createServer((request, response) => {
    request.resume();
    if (request.url === "/wait") waiting.push(response);
    else response.end(name);
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  t.after(() => server.closeAllConnections());
  t.after(() => server.close());
  return { name, port: (server.address() as AddressInfo).port, waiting };
}

interface World {
  readonly route: HttpRoute;
  readonly port: number;
  readonly a: Member;
  readonly b: Member;
}

/** A route to two members; a third one, `named`, is `a` by a name that has to be looked up. */
async function world(t: TestContext, holdMs = 10_000): Promise<World> {
  const [a, b] = [await member(t, "a"), await member(t, "b")];
  const port = await freePort();
  const at = (to: Member) => ({ host: "127.0.0.1", port: to.port });
  const members = {
    a: at(a),
    b: at(b),
    named: { host: "localhost", port: a.port },
    unknown: { host: "x.invalid", port: 1 },
  };
  const service = { kind: "process" } as GroupConfig["service"];
  const route = await openHttpRoute({
    config: {
      kind: "http",
      name: "web",
      listen: { host: "127.0.0.1", port },
      certificates: [],
      balance: "two",
      sticky: null,
      holdMs,
      trusted: [],
      proxyProtocol: false,
      processes: 1,
      accessLog: null,
      rules: [],
    },
    groups: [
      {
        group: "web",
        service,
        durability: { lossless: "off", maxLossBytes: 0 },
        members: {},
        checks: [],
        judges: "own",
        routes: [],
      },
    ],
    addressesOf: () => members,
    clock: systemClock,
    say: (text) => t.diagnostic(text),
    log: (text) => t.diagnostic(text),
  });
  t.after(() => route.close(0));
  return { route, port, a, b };
}

/** Whether a request waits. */
async function waits(port: number): Promise<boolean> {
  const silence = new Promise<boolean>((resolve) => setTimeout(() => resolve(true), SILENCE_MS));
  return Promise.race([
    get(port).then(
      () => false,
      () => false,
    ),
    silence,
  ]);
}

test("requests wait until the record names an open primary, and come to it alone", options, async (t) => {
  const { route, port } = await world(t);
  const early = get(port);
  assert.ok(await waits(port));
  route.follow({ ...steady, open: false });
  assert.ok(await waits(port));
  route.follow(steady);
  assert.equal((await early).text, "a");
  for (let i = 0; i < 20; i++) assert.equal((await get(port)).text, "a");
  route.follow({ ...steady, primary: null, open: false });
  assert.ok(await waits(port));
  route.follow({ ...steady, isFresh: false });
  assert.ok(await waits(port), "the store does not answer");
  route.follow({ ...steady, term: 2, primary: "b" });
  for (let i = 0; i < 20; i++) assert.equal((await get(port)).text, "b");
});

test("with a term ends what is under way: repeated on the next primary, or not at all", options, async (t) => {
  const { route, port, a, b } = await world(t);
  route.follow(steady);
  const [safe, unsafe] = [get(port, { path: "/wait" }), get(port, { path: "/wait", method: "POST", body: "x" })];
  await until(() => a.waiting.length === 2);
  route.follow({ ...steady, term: 2, primary: "b" });
  await until(() => b.waiting.length === 1);
  for (const response of a.waiting) response.end("too late");
  b.waiting[0]?.end("b");
  assert.equal((await safe).text, "b");
  assert.equal((await unsafe).status, 502);
  await new Promise((resolve) => setTimeout(resolve, SILENCE_MS));
  assert.equal(b.waiting.length, 1);
});

test("a later term of the same primary is another one", options, async (t) => {
  const { route, port, a } = await world(t);
  route.follow(steady);
  const asked = get(port, { path: "/wait", method: "POST", body: "x" });
  await until(() => a.waiting.length === 1);
  route.follow({ ...steady, term: 2 });
  assert.equal((await asked).status, 502);
  assert.equal((await get(port)).text, "a");
});

test("a planned switchover lets what is under way end, and holds all else until it is done", options, async (t) => {
  const { route, port, a } = await world(t);
  route.follow(steady);
  const slow = get(port, { path: "/wait", method: "POST", body: "x" });
  await until(() => a.waiting.length === 1);
  route.follow({ ...steady, switchover: "draining" });
  const held = get(port, { method: "POST", body: "x" });
  assert.ok(await waits(port));
  a.waiting[0]?.end("a");
  assert.equal((await slow).text, "a");
  route.follow({ ...steady, primary: null, open: false, switchover: "handed-over" });
  route.follow({ ...steady, term: 2, primary: "b" });
  assert.equal((await held).text, "b");
});

test("a switchover that is given up goes on with the same primary", options, async (t) => {
  const { route, port } = await world(t);
  route.follow(steady);
  route.follow({ ...steady, switchover: "draining" });
  const held = get(port);
  assert.ok(await waits(port));
  route.follow(steady);
  assert.equal((await held).text, "a");
});

test("a primary that is a name is found; a former one is gone before that", options, async (t) => {
  const { route, port } = await world(t);
  route.follow({ ...steady, primary: "named" });
  assert.equal((await get(port)).text, "a");
  route.follow({ ...steady, term: 2, primary: "unknown" });
  assert.ok(await waits(port));
  route.follow({ ...steady, term: 3, primary: "b" });
  assert.equal((await get(port)).text, "b");
});

test("whoever has waited for too long is told so", options, async (t) => {
  const { port } = await world(t, 200);
  assert.equal((await get(port)).status, 503);
});
