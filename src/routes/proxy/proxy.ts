import type { Server } from "node:net";
import type { Address, ProxyConfig } from "../../config/config.ts";
import type { Clock } from "../../lib/clock.ts";
import { unknownView, type Route, type RouteView } from "../route.ts";
import { readOnly, readWrite, type Policy } from "./choice.ts";
import { listen } from "./listener.ts";
import { Port, type PortCounters } from "./port.ts";

export interface ProxyOptions {
  readonly group: string;
  readonly config: ProxyConfig;
  readonly addresses: Readonly<Record<string, Address>>;
  readonly speaksPostgres: boolean;
  readonly clock: Clock;
  readonly log: (text: string) => void;
}

/** What one port looks like now. */
export interface PortStatus {
  readonly address: Address;
  readonly connections: number;
  readonly held: number;
  readonly byMember: Readonly<Record<string, number>>;
  readonly counters: Readonly<PortCounters>;
}

/** What a proxy looks like now, for people and programs. */
export interface ProxyStatus {
  readonly name: string;
  readonly pid: number;
  readonly view: RouteView;
  readonly readWrite: PortStatus;
  readonly readOnly: PortStatus | null;
}

/** How long a member that refused is left alone: clients that write have nowhere else to go. */
const REFUSED_MS = { readWrite: 50, readOnly: 1000 } as const;

interface Door {
  readonly port: Port;
  readonly server: Server;
  readonly address: Address;
}

/** Opens the ports of a proxy; until the first view arrives clients are held. */
export async function openProxy(options: ProxyOptions): Promise<Proxy> {
  const { config, log } = options;
  const open = async (address: Address, kind: "readWrite" | "readOnly", policy: Policy): Promise<Door> => {
    const port = new Port({ ...options, ...config, policy, maxRefusedMs: REFUSED_MS[kind] });
    const setting = `${kind} of the route "${config.name}" of "${options.group}"`;
    return { port, address, server: await listen(address, setting, (client) => port.accept(client), log) };
  };
  const writing = await open(config.readWrite, "readWrite", readWrite);
  if (config.readOnly === null) return new Proxy(options, writing, null);
  const reading = await open(config.readOnly, "readOnly", readOnly).catch((error: unknown) => {
    writing.server.close();
    throw error;
  });
  return new Proxy(options, writing, reading);
}

/** Brings TCP clients to the primary, and readers to the standbys. See `docs/proxy.md`. */
export class Proxy implements Route {
  readonly kind = "proxy";
  readonly name: string;
  readonly #options: ProxyOptions;
  readonly #writing: Door;
  readonly #reading: Door | null;
  #view: RouteView;

  constructor(options: ProxyOptions, writing: Door, reading: Door | null) {
    this.#options = options;
    this.name = options.config.name;
    this.#writing = writing;
    this.#reading = reading;
    this.#view = unknownView(options.group);
  }

  follow(view: RouteView): void {
    this.#view = view;
    for (const { port } of this.#doors) port.follow(view);
  }

  get status(): ProxyStatus {
    return {
      name: this.name,
      pid: process.pid,
      view: this.#view,
      readWrite: statusOf(this.#writing),
      readOnly: this.#reading && statusOf(this.#reading),
    };
  }

  async close(drainMs: number): Promise<void> {
    for (const { port, server } of this.#doors) {
      server.close();
      port.leave();
    }
    const closed = Promise.all(this.#doors.map(({ server }) => closing(server)));
    const cancel = this.#options.clock.after(drainMs, () => {
      for (const { port } of this.#doors) port.destroy();
    });
    await closed;
    cancel();
    for (const { port } of this.#doors) port.destroy();
  }

  get #doors(): readonly Door[] {
    return this.#reading === null ? [this.#writing] : [this.#writing, this.#reading];
  }
}

/** Resolves once the last connection of a server that listens no more has closed. */
function closing(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.getConnections((_, count) => (count === 0 ? resolve() : server.once("close", resolve)));
  });
}

function statusOf({ port, address }: Door): PortStatus {
  const { connections, held, byMember, counters } = port;
  return { address, connections, held, byMember, counters };
}
