import { mkdtemp, rm } from "node:fs/promises";
import { Agent, request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestContext } from "node:test";
import type { HttpProxyStatus } from "../../src/routes/http/http-proxy.ts";
import { freePort } from "../proxy/world.ts";
import { start, type Running } from "../support/run-understudy.ts";
import { get, startServers, until, type WebServer } from "./world.ts";

/** What visitors of a site meet. */
export interface Load {
  readonly answered: () => number;
  readonly failed: readonly string[];
  end(): Promise<void>;
}

/** So many visitors ask all the time: with kept connections, with a new one each time, some with something that must not be repeated. */
export function startLoad(port: number, visitors: number): Load {
  const failed: string[] = [];
  const load = { answered: 0, isOver: false };
  const visit = async (at: number): Promise<void> => {
    const agent = new Agent({ keepAlive: at % 2 === 0, maxSockets: 1 });
    const method = at % 3 === 0 ? "POST" : "GET";
    while (!load.isOver) {
      const body = method === "POST" ? "x".repeat(100) : undefined;
      await get(port, { agent, method, ...(body !== undefined && { body }) }).then(
        ({ status, text }) => (status === 200 ? (load.answered += 1) : failed.push(`${status} ${text}`)),
        (error: unknown) => failed.push(`${method} ${at}: ${String(error)}`),
      );
      await new Promise((resolve) => setTimeout(resolve, at));
    }
    agent.destroy();
  };
  const all = Array.from({ length: visitors }, (_, at) => visit(at));
  return {
    answered: () => load.answered,
    failed,
    async end() {
      load.isOver = true;
      await Promise.all(all);
    },
  };
}

/** The command, which keeps the processes that serve; how it is asked. */
export interface KeptProxy {
  readonly proxy: Running;
  readonly port: number;
  readonly servers: readonly WebServer[];
  readonly ask: (method: string, path: string) => Promise<HttpProxyStatus>;
}

export async function startKeptProxy(t: TestContext, ...more: readonly string[]): Promise<KeptProxy> {
  const [a, b] = (await startServers(t, "a", "b")) as [WebServer, WebServer];
  const directory = await mkdtemp(join(tmpdir(), "web-"));
  t.after(() => rm(directory, { recursive: true }));
  const socketPath = join(directory, "control.sock");
  const port = await freePort();
  const where = ["--listen", `127.0.0.1:${port}`, "--to", `${a.port}`, "--standby", `${b.port}`];
  const proxy = start(["proxy", ...where, "--control", socketPath, "--drain", "3s", ...more]);
  t.after(() => proxy.child.kill("SIGKILL"));
  const ask = (method: string, path: string): Promise<HttpProxyStatus> =>
    new Promise((resolve, reject) => {
      const asked = request({ socketPath, method, path, agent: new Agent() }, (response) => {
        let text = "";
        response.on("data", (part) => (text += String(part)));
        response.on("end", () => resolve(JSON.parse(text) as HttpProxyStatus));
      });
      asked.once("error", reject).end();
    });
  const answers = async (): Promise<boolean> => {
    if (proxy.child.exitCode !== null) throw new Error((await proxy.ended).stderr);
    return (await ask("GET", "/status").catch(() => null)) !== null;
  };
  await until(answers, 18_000);
  return { proxy, port, servers: [a, b], ask };
}
