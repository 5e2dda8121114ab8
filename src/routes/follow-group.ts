import { systemClock } from "../agent/system-clock.ts";
import type { Address, GroupConfig } from "../config/config.ts";
import type { Cancel } from "../lib/clock.ts";
import type { Store } from "../store/store.ts";
import { followAddresses, type Addresses } from "./follow-addresses.ts";
import { followRecord } from "./follow-record.ts";
import type { Route } from "./route.ts";

/** A group that a route leads to: where its members are, and what its record says. */
export class FollowedGroup {
  readonly name: string;
  /** The route looks here each time: members that join are known to the next connection. */
  readonly addresses: Record<string, Address>;
  readonly #leaseMs: number;
  readonly #isCold: boolean;
  readonly #log: (text: string) => void;
  #unfollow: Cancel = () => undefined;
  #unfollowAddresses: Cancel = () => undefined;

  constructor({ group, members, service }: GroupConfig, leaseMs: number, log: (text: string) => void) {
    this.name = group;
    this.addresses = Object.fromEntries(Object.values(members).map(({ member, address }) => [member, address]));
    this.#leaseMs = leaseMs;
    this.#isCold = "standby" in service && service.standby === "cold";
    this.#log = log;
  }

  /** Tells `route` what the record says, until it is told to stop. */
  follow(store: Store, route: Route): void {
    this.#followRecord(store, route);
    const take = (newer: Addresses): void => {
      // Those that left stay until the record has left them, too.
      Object.assign(this.addresses, newer);
      this.#unfollow();
      this.#followRecord(store, route);
    };
    this.#unfollowAddresses = followAddresses(store, this.name, take, this.#log);
  }

  stop(): void {
    this.#unfollow();
    this.#unfollowAddresses();
  }

  #followRecord(store: Store, route: Route): void {
    this.#unfollow = followRecord({
      store,
      clock: systemClock,
      group: this.name,
      members: Object.keys(this.addresses),
      leaseMs: this.#leaseMs,
      isCold: this.#isCold,
      tell: (view) => route.follow(view),
      log: this.#log,
    });
  }
}
