import type { Mode } from "../../takeover/cluster-place.ts";

/** A way to run Patroni and HAProxy. */
export interface PatroniSettings {
  /** What the table calls it. */
  readonly title: string;
  /** Which of our durabilities it comes to. */
  readonly mode: Mode;
  /** What all members share, in Patroni's own names; seconds. */
  readonly shared: Readonly<Record<string, number | boolean>>;
  readonly haproxy: {
    /** How often, and after how many answers, a server counts as down or up. */
    readonly checks: string;
    readonly connect: string;
    readonly check: string;
  };
}

export const patroniSettings = {
  /** As Patroni's package and its example for HAProxy have it: commits wait for no standby. */
  default: {
    title: "patroni default",
    mode: "off",
    shared: { ttl: 30, loop_wait: 10, retry_timeout: 10, maximum_lag_on_failover: 1_048_576 },
    haproxy: { checks: "inter 3s fall 3 rise 2", connect: "4s", check: "5s" },
  },
  /**
   * Nothing acknowledged is lost, and every time is the smallest one: `retry_timeout` needs a second for each of three etcds,
   * and `ttl` is `loop_wait + 2 retry_timeout`, Patroni's own rule. From 3.1 on it makes 20 of it; Debian 12's 3.0 takes 7.
   */
  fastest: {
    title: "patroni fastest",
    mode: "strict",
    shared: {
      ttl: 7,
      loop_wait: 1,
      retry_timeout: 3,
      maximum_lag_on_failover: 1_048_576,
      primary_start_timeout: 0,
      synchronous_mode: true,
      synchronous_mode_strict: true,
      failsafe_mode: true,
    },
    haproxy: { checks: "inter 200ms fall 2 rise 1", connect: "500ms", check: "500ms" },
  },
} as const satisfies Record<string, PatroniSettings>;

export type PatroniSettingsName = keyof typeof patroniSettings;
