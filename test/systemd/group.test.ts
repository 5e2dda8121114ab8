import assert from "node:assert/strict";
import { spawn, type ChildProcess } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { fileURLToPath } from "node:url";
import { nodeArguments } from "../../src/host/node-arguments.ts";
import { SERVER } from "../process/world.ts";
import { freePort } from "../proxy/world.ts";
import { until } from "../web/world.ts";
import { UserSystemd, whyNoSystemd } from "./user-systemd.ts";
import { UNIT } from "./world.ts";

const MAIN = fileURLToPath(new URL("../../src/cli/main.ts", import.meta.url));

/** Two members, each with a systemd of its own as if on a host of its own, and the proxy. */
class Site {
  readonly directory: string;
  readonly systemds: Readonly<Record<"a" | "b", UserSystemd>>;
  readonly port: number;
  readonly agents = new Map<string, ChildProcess>();

  constructor(directory: string, systemds: Readonly<Record<"a" | "b", UserSystemd>>, port: number) {
    this.directory = directory;
    this.systemds = systemds;
    this.port = port;
  }

  static async start(t: TestContext): Promise<Site> {
    const directory = await mkdtemp(join(tmpdir(), "units-"));
    t.after(() => rm(directory, { recursive: true, force: true }));
    const systemds = { a: await UserSystemd.start(), b: await UserSystemd.start() };
    t.after(() => Promise.all(Object.values(systemds).map((one) => one[Symbol.asyncDispose]())));
    const site = new Site(directory, systemds, await freePort());
    const text = `[Service]\nRestart=always\nExecStart="${process.execPath}" "${SERVER}" children\n`;
    for (const systemd of Object.values(systemds)) await systemd.unit(UNIT, text);
    await writeFile(join(directory, "u.yaml"), site.#text(await freePort(), await freePort()));
    t.after(() => site.agents.forEach((agent) => agent.kill("SIGKILL")));
    for (const name of ["a", "b", "proxy"]) site.begin(name);
    return site;
  }

  begin(name: string): void {
    const words = name === "proxy" ? ["proxy"] : ["agent", "--node", name];
    const systemd = name === "a" || name === "b" ? this.systemds[name].environment : {};
    const child = spawn(process.execPath, nodeArguments(MAIN, [...words, "-c", join(this.directory, "u.yaml")]), {
      stdio: "ignore",
      env: { ...process.env, ...systemd },
    });
    this.agents.set(name, child);
  }

  /** What is answered: member, role and process. */
  async answer(): Promise<string> {
    const response = await fetch(`http://127.0.0.1:${this.port}/`, {
      headers: { connection: "close" },
      signal: AbortSignal.timeout(20_000),
    });
    return response.text();
  }

  /** How long nothing is answered while `act` is done, in milliseconds, and who answers then. */
  async gap(act: () => unknown, by: string): Promise<number> {
    let lastMs = performance.now();
    let longestMs = 0;
    await act();
    await until(async () => {
      const text = await this.answer().catch(() => "");
      if (text !== "") [longestMs, lastMs] = [Math.max(longestMs, performance.now() - lastMs), performance.now()];
      return text.startsWith(`${by} primary`);
    }, 30_000);
    return Math.round(longestMs);
  }

  /** Whether the unit runs there. */
  async runs(member: "a" | "b"): Promise<boolean> {
    return (await this.systemds[member].run("show", "--value", "-p", "MainPID", UNIT)).trim() !== "0";
  }

  #text(a: number, b: number): string {
    return `cluster: site
store: { sqlite: ./store.db }
takeover: { lease: 1s }
nodes: { a: { directory: ./a }, b: { directory: ./b } }
groups:
  web:
    service: { systemd: { unit: ${UNIT}, scope: user } }
    members:
      a: { address: "127.0.0.1:${a}" }
      b: { address: "127.0.0.1:${b}" }
    routes:
      - http: { listen: "127.0.0.1:${this.port}" }
`;
  }
}

test("a unit runs on one member at a time", { skip: whyNoSystemd() ?? false, timeout: 120_000 }, async (t) => {
  const site = await Site.start(t);
  await until(async () => /^[ab] primary/.test(await site.answer().catch(() => "")), 40_000);
  const first = (await site.answer()).startsWith("a") ? "a" : "b";
  const other = first === "a" ? "b" : "a";
  assert.equal(await site.runs(other), false);

  await t.test("its main process is killed", async () => {
    const pid = Number(/\d+/.exec((await site.answer()).slice(10))?.[0]);
    t.diagnostic(`killed: ${await site.gap(() => process.kill(pid, "SIGKILL"), other)} ms`);
    assert.equal(await site.runs(first), false);
  });

  await t.test("somebody stops it by hand", async () => {
    t.diagnostic(`stopped: ${await site.gap(() => site.systemds[other].run("stop", UNIT), first)} ms`);
    assert.equal(await site.runs(other), false);
  });

  await t.test("its agent stands still: the guard ends it before the other one starts", async () => {
    const seen: string[] = [];
    const look = async (): Promise<void> => void seen.push(`${await site.runs("a")} ${await site.runs("b")}`);
    const watch = setInterval(() => void look(), 30);
    await site.gap(() => site.agents.get(first)?.kill("SIGSTOP"), other);
    clearInterval(watch);
    site.agents.get(first)?.kill("SIGCONT");
    assert.ok(!seen.includes("true true"), "both ran at the same time");
    await until(async () => !(await site.runs(first)), 5000);
  });
});
