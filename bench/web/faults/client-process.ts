import { Agent, request } from "node:http";
import { systemClock } from "../../../src/agent/system-clock.ts";
import { invariant } from "../../../src/lib/failure.ts";
import { answerCalls } from "../../client/process-calls.ts";
import type { ClientRequest, ClientSeen, ClientSettings } from "./client-messages.ts";

/** Every tenth request is one that must not be repeated. */
const POST_EVERY = 10;
/** Whoever has waited for so long has failed: no outage here is that long. */
const GIVE_UP_MS = 10_000;

/** The client as a process of its own, so that nothing that the bench does delays it. */
class Client {
  readonly #settings: ClientSettings;
  readonly #agent: Agent;
  readonly #startedMs = systemClock.nowMs();
  readonly #answeredAtMs: number[] = [];
  readonly #failures: { readonly atMs: number; readonly isPost: boolean; readonly why: string }[] = [];
  #begun = 0;
  #underWay = 0;
  #isEnding = false;

  constructor(settings: ClientSettings) {
    this.#settings = settings;
    this.#agent = new Agent({ keepAlive: settings.keepAlive });
    this.#tick();
  }

  /** Begins whatever is due: the pace does not depend on the answers. */
  #tick(): void {
    if (this.#isEnding) return;
    const due = ((systemClock.nowMs() - this.#startedMs) * this.#settings.perSecond) / 1000;
    while (this.#begun < due) this.#ask();
    setTimeout(() => this.#tick(), 1);
  }

  #ask(): void {
    this.#begun += 1;
    this.#underWay += 1;
    const isPost = this.#begun % POST_EVERY === 0;
    let isSettled = false;
    const settle = (why: string | null): void => {
      if (isSettled) return;
      isSettled = true;
      this.#underWay -= 1;
      if (why === null) this.#answeredAtMs.push(systemClock.nowMs());
      else this.#failures.push({ atMs: systemClock.nowMs(), isPost, why });
    };
    const { host, port } = this.#settings.target;
    const headers = isPost ? { "content-length": "5" } : {};
    const method = isPost ? "POST" : "GET";
    const asked = request({ host, port, method, headers, agent: this.#agent, timeout: GIVE_UP_MS }, (response) => {
      response.resume();
      const { statusCode = 0 } = response;
      response.on("end", () => settle(statusCode === 200 ? null : String(statusCode)));
      response.on("error", (error) => settle(error.message));
    });
    asked.on("timeout", () => asked.destroy(new Error("no answer")));
    asked.on("error", (error) => settle(error.message));
    asked.end(isPost ? "hello" : undefined);
  }

  /** Begins nothing more and waits for all that is under way; tells what was seen from `fromMs` on. */
  async stop(fromMs: number): Promise<ClientSeen> {
    this.#isEnding = true;
    const endMs = systemClock.nowMs();
    while (this.#underWay > 0) await new Promise((resolve) => setTimeout(resolve, 5));
    this.#agent.destroy();
    const failures = this.#failures.filter(({ atMs }) => atMs >= fromMs);
    const reasons: Record<string, number> = {};
    for (const { why } of failures) reasons[why] = (reasons[why] ?? 0) + 1;
    return {
      requests: this.#begun,
      failedBefore: this.#failures.length - failures.length,
      failed: failures.filter(({ isPost }) => !isPost).length,
      failedPosts: failures.filter(({ isPost }) => isPost).length,
      gapMs: longestGap([...this.#answeredAtMs, endMs], fromMs),
      reasons,
    };
  }
}

function longestGap(answeredAtMs: readonly number[], fromMs: number): number {
  let longestMs = 0;
  for (let at = 1; at < answeredAtMs.length; at += 1) {
    const endMs = answeredAtMs[at] ?? 0;
    if (endMs >= fromMs) longestMs = Math.max(longestMs, endMs - (answeredAtMs[at - 1] ?? endMs));
  }
  return longestMs;
}

let client: Client | null = null;

async function answer(asked: ClientRequest): Promise<unknown> {
  if (asked.do === "start") client = new Client(asked.settings);
  if (asked.do === "start") return null;
  invariant(client !== null, "the client has not been started");
  return client.stop(asked.fromMs);
}

answerCalls(answer);
