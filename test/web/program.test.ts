import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { mkdtemp, rm, stat } from "node:fs/promises";
import { Agent, request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import type { HttpProxyStatus } from "../../src/routes/http/http-proxy.ts";
import { freePort } from "../proxy/world.ts";
import { run, start } from "../support/run-understudy.ts";
import { get, startServers, until, type WebServer } from "./world.ts";

const options = { timeout: 40_000 };

function control(socketPath: string, method: string, path: string, body = ""): Promise<[number, HttpProxyStatus]> {
  return new Promise((resolve, reject) => {
    const asked = request({ socketPath, method, path, agent: new Agent() }, (response) => {
      let text = "";
      response.on("data", (part) => (text += String(part)));
      response.on("end", () => resolve([response.statusCode ?? 0, JSON.parse(text) as HttpProxyStatus]));
    });
    asked.on("error", reject);
    asked.end(body);
  });
}

test("one line leads clients to a server and, when it dies, to its standby", options, async (t) => {
  const [a, b] = (await startServers(t, "a", "b")) as [WebServer, WebServer];
  const port = await freePort();
  const where = ["--listen", `127.0.0.1:${port}`, "--to", `${a.port}`, "--standby", `127.0.0.1:${b.port}`];
  const proxy = start(["proxy", ...where, "--json"]);
  t.after(() => proxy.child.kill("SIGKILL"));
  await proxy.shows(/"event":"listening"/);
  assert.equal((await get(port)).text, "a");
  await a.kill();
  assert.equal((await get(port)).text, "b");
  await proxy.shows(/"event":"down"/);
  const slow = get(port, { path: "/slow" });
  await new Promise((resolve) => setTimeout(resolve, 100));
  proxy.child.kill("SIGTERM");
  assert.equal((await slow).text, "b");
  const { code, stdout } = await proxy.ended;
  assert.equal(code, 0);
  const events = stdout.trim().split("\n");
  for (const line of events) assert.ok(Date.parse((JSON.parse(line) as { at: string }).at) > 0);
  assert.ok(events.some((line) => line.includes(`"event":"serving","server":"127.0.0.1:${b.port}"`)));
});

test("an operator drains, switches over and changes the servers at the control socket", options, async (t) => {
  const [a, b] = (await startServers(t, "a", "b")) as [WebServer, WebServer];
  const directory = await mkdtemp(join(tmpdir(), "web-"));
  t.after(() => rm(directory, { recursive: true }));
  const socket = join(directory, "control.sock");
  const port = await freePort();
  const args = ["--listen", `127.0.0.1:${port}`, "--to", `${a.port}`, "--standby", `${b.port}`, "--control", socket];
  const proxy = start(["proxy", ...args]);
  t.after(() => proxy.child.kill("SIGKILL"));
  await until(() => existsSync(socket), 10_000);
  assert.equal((await stat(socket)).mode & 0o777, 0o600);
  const [code, drained] = await control(socket, "POST", `/drain/127.0.0.1:${a.port}`);
  assert.deepEqual([code, drained.servers[0]?.state], [200, "draining"]);
  assert.equal((await get(port)).text, "b");
  await control(socket, "POST", `/ready/127.0.0.1:${a.port}`);
  assert.equal((await get(port)).text, "a");
  await control(socket, "POST", `/switchover/127.0.0.1:${b.port}`);
  assert.equal((await get(port)).text, "b");
  const [, changed] = await control(socket, "PUT", "/servers", JSON.stringify({ to: [`${a.port}`] }));
  assert.equal(changed.servers.length, 1);
  assert.equal((await get(port)).text, "a");
  for (const [method, path, body] of [
    ["POST", "/drain/nobody:1", ""],
    ["PUT", "/servers", "{}"],
    ["PUT", "/servers", "no JSON"],
    ["PUT", "/servers", '{"to":["x"]}'],
    ["GET", "/else", ""],
  ] as const)
    assert.equal((await control(socket, method, path, body))[0], 400, path);
  proxy.child.kill("SIGINT");
  const { code: exitCode, stderr } = await proxy.ended;
  assert.equal(exitCode, 0);
  assert.match(stderr, /switchover|serving/);
  assert.equal(existsSync(socket), false);
});

test("what is wrong on the command line is said in one line", options, async (t) => {
  const [a] = (await startServers(t, "a")) as [WebServer];
  const free = await freePort();
  const cases: readonly (readonly [readonly string[], RegExp])[] = [
    [["--listen", `127.0.0.1:${a.port}`, "--to", "1"], /another program listens there/],
    [["--listen", "192.0.2.1:80", "--to", "1"], /no such address/],
    [["--listen", `127.0.0.1:${free}`, "--to", "nobody.invalid:80"], /Cannot find the host "nobody.invalid"/],
    [["--listen", `:${free}`, "--to", `${free}`], /where the proxy itself listens/],
    [["--listen", `:${free}`], /--to is missing/],
    [["--to", "1"], /--listen is missing/],
    [["--listen", "here", "--to", "1"], /--listen is "here"/],
    [["--listen", `:${free}`, "--to", "1", "--balance", "leest"], /Did you mean least/],
    [["--listen", `:${free}`, "--to", "1", "--sticky", "a b"], /the name of a cookie/],
    [["--listen", `:${free}`, "--to", "1", "--health", "health"], /expected a path/],
    [["--listen", `:${free}`, "--to", "1", "--health-status", "200"], /--health is missing/],
    [["--listen", `:${free}`, "--to", "1", "--hold", "30"], /expected a duration/],
  ];
  await Promise.all(
    cases.map(async ([args, expected]) => {
      const { code, stderr } = await run("proxy", ...args);
      assert.equal(code, 2, args.join(" "));
      assert.match(stderr.split("\n").at(-2) ?? "", expected);
    }),
  );
});
