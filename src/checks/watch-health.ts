import type { CheckConfig, MemberConfig, PostgresConfig } from "../config/config.ts";
import { worstHealth, type HealthState } from "../core/health.ts";
import type { Clock } from "../lib/clock.ts";
import { invariant } from "../lib/failure.ts";
import type { Check } from "./check.ts";
import { ScheduledCheck } from "./schedule.ts";
import { sqlCheck } from "./sql.ts";
import { tcpCheck } from "./tcp.ts";

export interface WatchHealthParts {
  readonly checks: readonly CheckConfig[];
  readonly member: MemberConfig;
  /** As whom and where queries are asked; `null`: the service answers none. */
  readonly config: PostgresConfig | null;
  readonly secrets: { readonly application: string };
  readonly clock: Clock;
}

/** What a member's checks say together. */
export interface WatchedHealth {
  /** `up` without any checks; `down` once one of them says so. */
  readonly state: () => HealthState["health"];
  /** What the failing checks saw last, for a person; `null` when none fails. */
  readonly problem: () => string | null;
  close(): void;
}

/** Runs the configured checks of a member on this node until it is closed. */
export function watchHealth(parts: WatchHealthParts): WatchedHealth {
  const running = parts.checks.map((config) => new ScheduledCheck(checkOf(config, parts), config, parts.clock));
  return {
    state: () => worstHealth(running.map((check) => check.health)),
    problem() {
      const failing = running.filter((check) => check.last?.ok === false);
      return failing.map((check) => check.last?.text).join("; ") || null;
    },
    close() {
      for (const check of running) check.close();
    },
  };
}

function checkOf(check: CheckConfig, { member, config, secrets, clock }: WatchHealthParts): Check {
  if (check.kind === "tcp") return tcpCheck(member.address, clock);
  invariant(config !== null, "the configuration has no query for a service that answers none");
  const { database, user } = config;
  return sqlCheck({ address: member.address, database, user, password: secrets.application }, check.query, clock);
}
