import assert from "node:assert/strict";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import type { HttpProxyStatus } from "../../src/routes/http/http-proxy.ts";
import { freePort } from "../proxy/world.ts";
import { run, start, type Running } from "../support/run-understudy.ts";
import { get, startServers, until, type WebServer } from "./world.ts";

const options = { timeout: 40_000 };
const example = await readFile(new URL("../../examples/sites.yaml", import.meta.url), "utf8");

interface Sites {
  readonly file: string;
  readonly port: number;
  readonly servers: Readonly<Record<"one" | "two" | "spare" | "api", WebServer>>;
  readonly proxy: Running;
  readonly status: () => Promise<HttpProxyStatus>;
}

/** The example as it is, with servers of the test's own behind it. */
async function startSites(t: TestContext): Promise<Sites> {
  const [one, two, spare, api] = (await startServers(t, "one", "two", "spare", "api")) as [
    WebServer,
    WebServer,
    WebServer,
    WebServer,
  ];
  const directory = await mkdtemp(join(tmpdir(), "sites-"));
  t.after(() => rm(directory, { recursive: true }));
  const port = await freePort();
  const ports: Record<string, number> = {
    5460: port,
    5461: one.port,
    5462: two.port,
    5463: spare.port,
    5471: api.port,
  };
  const file = join(directory, "sites.yaml");
  await writeFile(
    file,
    example.replaceAll(/127\.0\.0\.1:(\d+)/g, (_, given: string) => `127.0.0.1:${ports[given]}`),
  );
  const proxy = start(["proxy", "-c", file]);
  t.after(() => proxy.child.kill("SIGKILL"));
  const status = () => statusAt(join(directory, "proxy-shop-shop.sock"));
  await until(async () => (await status().catch(() => null)) !== null, 15_000);
  return { file, port, servers: { one, two, spare, api }, proxy, status };
}

async function statusAt(path: string): Promise<HttpProxyStatus> {
  let text = "";
  for await (const part of connect(path)) text += String(part);
  return JSON.parse(text) as HttpProxyStatus;
}

test(
  "sites.yaml: requests are shared out by weight, led by host and path, and its standby steps in",
  options,
  async (t) => {
    const { port, servers, proxy, status } = await startSites(t);
    const heard = { one: 0, two: 0 };
    for (let i = 0; i < 120; i++) heard[(await get(port)).text as "one" | "two"] += 1;
    assert.ok(heard.one > 15 && heard.two > heard.one, JSON.stringify(heard));
    assert.equal((await get(port, { path: "/api/x" })).text, "api");
    assert.equal((await get(port, { path: "/apis" })).text === "api", false);
    assert.equal((await get(port, { headers: { host: "eu.api.example.com:80" } })).text, "api");
    await Promise.all([servers.one.kill(), servers.two.kill()]);
    for (let i = 0; i < 20; i++) assert.equal((await get(port)).text, "spare");
    await until(async () => (await status()).servers.filter(({ state }) => state === "down").length === 2);
    assert.deepEqual(
      (await status()).servers.map(({ group }) => group),
      ["shop", "shop", "shop", "api"],
    );
    await servers.one.start();
    await until(async () => (await get(port)).text === "one");
    proxy.child.kill("SIGTERM");
    assert.equal((await proxy.ended).code, 0);
  },
);

test(
  "SIGUSR2 brings a changed file to bear without a lost request; a wrong one changes nothing",
  options,
  async (t) => {
    const { file, port, servers, proxy, status } = await startSites(t);
    const failed: unknown[] = [];
    const over = new AbortController();
    t.after(() => over.abort());
    const visit = async (): Promise<void> => {
      while (!over.signal.aborted) {
        await get(port).catch((error: unknown) => failed.push(error));
        await new Promise((resolve) => setTimeout(resolve, 2));
      }
    };
    const visitor = visit();
    const { pid } = await status();
    const before = await readFile(file, "utf8");
    await writeFile(file, before.replace(/servers: \[.*\] # twice.*/, `servers: [127.0.0.1:${servers.spare.port}]`));
    await writeFile(file, (await readFile(file, "utf8")).replace(/standbys: .*/, ""));
    proxy.child.kill("SIGUSR2");
    await until(async () => (await status()).pid !== pid, 15_000);
    await proxy.says(/took over/);
    // The old process is told at the same moment; until it has heard it may take somebody, too.
    await new Promise((resolve) => setTimeout(resolve, 300));
    assert.equal((await get(port)).text, "spare");
    const changed = await status();
    await writeFile(file, "cluster: [");
    proxy.child.kill("SIGUSR2");
    await proxy.says(/everything stays as it was/);
    assert.equal((await status()).pid, changed.pid);
    over.abort();
    await visitor;
    assert.deepEqual(failed, []);
  },
);

test("a file that leads nowhere, to itself or to nobody is told what is wrong", options, async (t) => {
  const directory = await mkdtemp(join(tmpdir(), "sites-"));
  t.after(() => rm(directory, { recursive: true }));
  const file = join(directory, "u.yaml");
  const shop = (service: string, route: string, more = ""): string =>
    `cluster: x\ngroups:\n  shop:\n    service: ${service}\n    routes: [${route}]\n${more}`;
  const external = "{ external: { servers: [127.0.0.1:1] } }";
  for (const [text, wrong] of [
    [shop("{ external: {} }", "{ http: { listen: 127.0.0.1:2 } }"), /missing groups.shop.service.external.servers/],
    [shop("{ external: { servers: [] } }", "{ http: { listen: 127.0.0.1:2 } }"), /at least one server/],
    [shop(external, "{ proxy: { readWrite: 127.0.0.1:2 } }"), /route http only/],
    [shop(external, "{ http: { listen: 127.0.0.1:1 } }"), /127\.0\.0\.1:1 is a server of the group/],
    [shop(external, "{ http: { listen: 127.0.0.1:2, rules: [{ path: /a, group: shap }] } }"), /no group.*shop/],
    [shop(external, "{ http: { listen: 127.0.0.1:2, rules: [{ group: shop }] } }"), /met by every request/],
    [shop(external, "{ http: { listen: 127.0.0.1:2, rules: [{ path: a, group: shop }] } }"), /a path, such as/],
    [shop(external, "{ http: { listen: 127.0.0.1:2 } }", "    need: 1\n"), /need has no meaning here/],
    [shop(external, "{ http: { listen: 127.0.0.1:2 } }", "    checks: [{ sql: {} }]\n"), /answer no queries/],
    [shop(external, "{ http: { listen: 127.0.0.1:2 } }", "    checks: [{ tcp: {} }, { http: {} }]\n"), /one question/],
    [shop("{ process: { command: [x] } }", "{ http: { listen: 127.0.0.1:2 } }"), /members is missing/],
  ] as const) {
    await writeFile(file, text);
    const { code, stdout, stderr } = await run("check", "-c", file);
    assert.equal(code, 2, text);
    assert.match(stdout + stderr, wrong, text);
  }
  await writeFile(file, shop(external, "{ http: { listen: 127.0.0.1:2 } }"));
  const { code, stderr } = await run("up", "-c", file);
  assert.equal(code, 64);
  assert.match(stderr, /understudy proxy/);
});
