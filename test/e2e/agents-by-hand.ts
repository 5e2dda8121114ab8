import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { endProcessesIn, processesIn, sendSignal } from "../../src/host/processes.ts";
import { scratchDirectory } from "../../src/services/postgres/member-directory.ts";
import type { RunningGroup } from "./group.ts";

const MAIN = fileURLToPath(new URL("../../src/cli/main.ts", import.meta.url));
const LOOK_MS = 2;

/** How an agent ended, and how long after it was asked to. */
export interface Ended {
  readonly code: number | null;
  readonly tookMs: number;
}

/** The agents and the proxy of a group, each started and ended by the test: nothing starts them again. */
export class AgentsByHand {
  readonly #group: RunningGroup;
  readonly #running = new Map<string, ChildProcess>();
  #said = "";

  constructor(group: RunningGroup) {
    this.#group = group;
  }

  /** What they all said. */
  get said(): string {
    return this.#said;
  }

  start(...nodes: readonly string[]): void {
    for (const node of nodes) this.#spawn(node, "agent", "--node", node);
  }

  startProxy(): void {
    this.#spawn("proxy", "proxy");
  }

  /** Sends `signal` to an agent and waits for its end; rejects after `withinMs`. */
  async end(node: string, signal: NodeJS.Signals, withinMs: number): Promise<Ended> {
    const agent = this.#running.get(node);
    if (agent === undefined) throw new Error(`no agent of "${node}" runs`);
    this.#running.delete(node);
    const askedAtMs = performance.now();
    const ended = once(agent, "exit") as Promise<[number | null]>;
    agent.kill(signal);
    const late = sleep(withinMs, null, { ref: false });
    const exit = await Promise.race([ended, late]);
    if (exit !== null) return { code: exit[0], tookMs: performance.now() - askedAtMs };
    agent.kill("SIGKILL");
    throw new Error(`the agent of "${node}" did not end within ${withinMs} ms of ${signal}:\n${this.#said}`);
  }

  /** The programs that work on a member's data now. */
  async programsOf(node: string): Promise<readonly number[]> {
    return processesIn(this.#scratch(node));
  }

  /** Waits until the program `name` works on a member's data, and holds it there. */
  async hold(node: string, name: string, withinMs = 30_000): Promise<void> {
    await this.#until(`${name} of "${node}" runs`, withinMs, async () => {
      const found = (await this.programsOf(node)).filter((pid) => commandOf(pid).includes(`/${name}`));
      for (const pid of found) sendSignal(pid, "SIGSTOP");
      return found.length > 0;
    });
  }

  /** Waits until one of `nodes` is in the middle of being promoted, and says which. */
  async promoting(nodes: readonly string[], withinMs = 30_000): Promise<string> {
    let found = "";
    await this.#until("a promotion", withinMs, async () => {
      found = nodes.find((node) => isPromoting(this.#group.group.members[node]?.data ?? "")) ?? "";
      return found !== "";
    });
    return found;
  }

  /** Ends all as Ctrl-C does; whatever is left then is killed. */
  async endAll(): Promise<void> {
    const nodes = [...this.#running.keys()];
    await Promise.all(nodes.map((node) => this.end(node, "SIGINT", 15_000).catch(() => null)));
    for (const node of Object.keys(this.#group.config.nodes)) await endProcessesIn(this.#scratch(node), null, 5000);
  }

  #scratch(node: string): string {
    return scratchDirectory(join(this.#group.of(node), this.#group.group.group));
  }

  #spawn(name: string, ...args: readonly string[]): void {
    const child = spawn(process.execPath, [MAIN, ...args, "-c", this.#group.file], {
      stdio: ["ignore", "pipe", "pipe"],
    });
    for (const stream of [child.stdout, child.stderr])
      stream.setEncoding("utf8").on("data", (text: string) => (this.#said += text));
    this.#running.set(name, child);
  }

  async #until(what: string, withinMs: number, holds: () => Promise<boolean>): Promise<void> {
    const endAtMs = performance.now() + withinMs;
    while (!(await holds())) {
      if (performance.now() > endAtMs) throw new Error(`not within ${withinMs} ms: ${what}\n${this.#said}`);
      await sleep(LOOK_MS);
    }
  }
}

/** With what a process was started; `""` when it is gone. */
export function commandOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, "latin1").replaceAll("\0", " ");
  } catch {
    return "";
  }
}

function isPromoting(data: string): boolean {
  try {
    const { promoting } = JSON.parse(readFileSync(join(data, "understudy.json"), "utf8")) as { promoting: unknown };
    return promoting !== null;
  } catch {
    return false;
  }
}
