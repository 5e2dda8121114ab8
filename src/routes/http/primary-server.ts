import { isIP } from "node:net";
import type { Address } from "../../config/config.ts";
import { messageOf } from "../../lib/failure.ts";
import type { RouteView } from "../route.ts";
import { addressOf } from "./server-list.ts";
import type { UpstreamConfig } from "./upstream.ts";

/** A name that nobody knows is asked for again after that. */
const AGAIN_MS = 1000;

export interface PrimaryServerOptions {
  /** Makes it the group's only server, which gets nothing new while `isDraining`; `null`: it has none. */
  readonly serve: (server: UpstreamConfig | null, isDraining: boolean) => void;
  readonly log: (text: string) => void;
}

/** The primary of a group as the only server of its requests. A former one is gone before the next one's name is looked up. */
export class PrimaryServer {
  readonly #options: PrimaryServerOptions;
  /** As the configuration names it. */
  #server: UpstreamConfig | null = null;
  /** The same by its address; `null`: it is looked up. */
  #found: UpstreamConfig | null = null;
  #isDraining = false;

  constructor(options: PrimaryServerOptions) {
    this.#options = options;
  }

  nobody(): void {
    this.#server = null;
    this.#serve(null);
  }

  /** `isDraining`: who is served may stay, nobody else comes. */
  become(member: string, { term }: RouteView, address: Address, isDraining: boolean): void {
    const server: UpstreamConfig = { name: member, address, tier: 0, weight: 1, term };
    this.#isDraining = isDraining;
    if (isSame(this.#server, server)) return this.#serve(this.#found);
    this.#server = server;
    const isAddress = isIP(address.host) !== 0;
    this.#serve(isAddress ? server : null);
    if (!isAddress) void this.#find(server);
  }

  #serve(found: UpstreamConfig | null): void {
    this.#found = found;
    this.#options.serve(found, this.#isDraining);
  }

  async #find(server: UpstreamConfig): Promise<void> {
    try {
      const host = await addressOf(server.address.host);
      if (this.#server === server) this.#serve({ ...server, address: { ...server.address, host } });
    } catch (error) {
      this.#options.log(messageOf(error));
      setTimeout(() => this.#server === server && void this.#find(server), AGAIN_MS).unref();
    }
  }
}

function isSame(before: UpstreamConfig | null, { name, address, term }: UpstreamConfig): boolean {
  if (before?.name !== name || before.term !== term) return false;
  return before.address.host === address.host && before.address.port === address.port;
}
