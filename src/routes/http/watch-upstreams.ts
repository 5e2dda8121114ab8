import type { Check } from "../../checks/check.ts";
import { httpCheck, type HttpCheckOptions } from "../../checks/http.ts";
import { ScheduledCheck, type CheckTimes } from "../../checks/schedule.ts";
import type { Clock } from "../../lib/clock.ts";
import type { Upstream, UpstreamConfig } from "./upstream.ts";
import type { Upstreams } from "./upstreams.ts";

/** How a server is asked whether it works. */
export type HealthQuestion = HttpCheckOptions;

/**
 * Without a question of the operator's own: does it answer at all? It may know no such page, or want a password; only an
 * error of its own is none (a method that it does not know is one that it has understood).
 */
export const ANY_ANSWER: HealthQuestion = {
  method: "HEAD",
  path: "/",
  host: null,
  isGoodStatus: (status) => status < 500 || status === 501,
  header: null,
  body: null,
  tls: null,
};

export const DEFAULT_TIMES: CheckTimes = { intervalMs: 1000, inDoubtMs: 100, timeoutMs: 1000, rise: 2, fall: 2 };

/** Asks each server the same. */
export function asking(question: HealthQuestion, clock: Clock): (server: UpstreamConfig) => Check {
  return ({ address }) => httpCheck(address, question, clock);
}

/** Checks the servers of a proxy, all of them all the time. */
export class UpstreamWatch {
  readonly #checkOf: (server: UpstreamConfig) => Check;
  readonly #times: CheckTimes;
  readonly #clock: Clock;
  readonly #checks = new Map<Upstream, ScheduledCheck>();

  constructor(checkOf: (server: UpstreamConfig) => Check, times: CheckTimes, clock: Clock) {
    this.#checkOf = checkOf;
    this.#times = times;
    this.#clock = clock;
  }

  /** Checks exactly the servers that there are now. */
  follow(upstreams: Upstreams): void {
    for (const upstream of upstreams.all) {
      if (this.#checks.has(upstream)) continue;
      const told = ({ ok, text }: { ok: boolean; text: string }): void => upstreams.checked(upstream, ok, text);
      this.#checks.set(upstream, new ScheduledCheck(this.#checkOf(upstream.config), this.#times, this.#clock, told));
    }
    for (const [upstream, check] of this.#checks) {
      if (upstreams.all.includes(upstream)) continue;
      check.close();
      this.#checks.delete(upstream);
    }
  }

  doubt(upstream: Upstream): void {
    this.#checks.get(upstream)?.doubt();
  }

  close(): void {
    for (const check of this.#checks.values()) check.close();
  }
}
