import assert from "node:assert/strict";
import { copyFile, readFile } from "node:fs/promises";
import { Agent, get } from "node:http";
import { join } from "node:path";
import { test } from "node:test";
import type { Address } from "../../src/config/config.ts";
import { writingAddress } from "../../src/config/route-addresses.ts";
import { sendSignal } from "../../src/host/processes.ts";
import { RunningGroup } from "./group.ts";

const EXAMPLES = new URL("../../examples/", import.meta.url);
const ROUTE = "- proxy: { readWrite: 127.0.0.1:5450 }";
const PAUSE_MS = 10;

interface Visits {
  readonly answered: string[];
  readonly failed: string[];
  end(): Promise<void>;
}

/** Somebody asks every moment, by a kept connection, until it ends. */
function visit({ host, port }: Address): Visits {
  const visits = { answered: [] as string[], failed: [] as string[], isOver: false };
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const visitor = (async () => {
    while (!visits.isOver) {
      await askOnce({ host, port, agent }).then(
        (text) => visits.answered.push(text),
        (error: unknown) => visits.failed.push(String(error)),
      );
      await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
    }
  })();
  return {
    ...visits,
    async end() {
      visits.isOver = true;
      await visitor;
      agent.destroy();
    },
  };
}

function askOnce(where: { host: string; port: number; agent: Agent }): Promise<string> {
  return new Promise((resolve, reject) => {
    const asked = get({ ...where, timeout: 30_000 }, (response) => {
      let text = "";
      response.setEncoding("utf8").on("data", (part: string) => (text += part));
      response.once("error", reject);
      response.once("end", () =>
        response.statusCode === 200 ? resolve(text) : reject(new Error(`${response.statusCode} ${text}`)),
      );
    });
    asked.once("timeout", () => asked.destroy(new Error("no answer")));
    asked.once("error", reject);
  });
}

test(
  "a route http leads the visitors of a process through a kill and a switchover; none of them fails, and no term comes back",
  { timeout: 120_000 },
  async (t) => {
    const example = await readFile(new URL("web.yaml", EXAMPLES), "utf8");
    assert.ok(example.includes(ROUTE));
    const group = await RunningGroup.of(example.replace(ROUTE, "- http: { listen: 127.0.0.1:5450 }"));
    t.after(() => group.remove());
    await copyFile(new URL("web-server.mjs", EXAMPLES), join(group.directory, "web-server.mjs"));
    group.up();
    await group.healthy();
    const at = writingAddress(group.group.routes);
    assert.ok(at !== null);
    const visits = visit(at);
    t.after(() => visits.end());
    const until = async (what: RegExp): Promise<string> => {
      for (const endAtMs = performance.now() + 30_000; performance.now() < endAtMs;) {
        const found = visits.answered.findLast((text) => what.test(text));
        if (found !== undefined) return found;
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
      throw new Error(`nobody was answered ${String(what)}: ${visits.failed.join()}`);
    };
    const process = /process (\d+)/.exec(await until(/^a, term 1/));
    sendSignal(Number(process?.[1]), "SIGKILL");
    await until(/^b, term 2/);
    await group.until((status) => status.groups[0]?.state === "healthy");
    await group.switchOver();
    await until(/^a, term 3/);
    await visits.end();
    assert.deepEqual(visits.failed, []);
    const terms = visits.answered.map((text) => Number(/term (\d+)/.exec(text)?.[1]));
    assert.deepEqual(
      terms,
      terms.toSorted((a, b) => a - b),
    );
  },
);
