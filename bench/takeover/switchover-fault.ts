import { setTimeout as sleep } from "node:timers/promises";
import { IdleClient } from "../client/idle-client.ts";
import type { Fault } from "./fault.ts";

/** A planned switchover under load, watched by a client that is idle. */
export const switchover: Fault = {
  runs: 30,
  limits: { p50: 150, p95: 400 },
  takeovers: 1,
  outageMs: 0,
  modes: ["strict"],
  async act({ cluster, inject }) {
    const idle = new IdleClient(await cluster.target());
    try {
      await sleep(500);
      inject();
      const asked = await cluster.command("switchover");
      await sleep(2000);
      const problems = asked.code === 0 ? [] : [`the switchover was not done: ${asked.stderr.trim()}`];
      if (idle.heldMs.length < 2) problems.push("the idle client did not have to reconnect");
      return { problems: [...problems, ...idle.refusals], refused: idle.refusals.length };
    } finally {
      await idle.stop();
    }
  },
};
