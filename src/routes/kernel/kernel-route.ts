import { createHash } from "node:crypto";
import type { Address, KernelRouteConfig } from "../../config/config.ts";
import { NftShell } from "../../guards/kernel/nft-shell.ts";
import type { Cancel, Clock } from "../../lib/clock.ts";
import { unknownView, type Route, type RouteView } from "../route.ts";
import { KernelPort, type KernelPortStatus } from "./kernel-port.ts";
import { MemberAddresses } from "./member-addresses.ts";
import { requireKernel } from "./requirements.ts";
import { directReadOnly, directReadWrite } from "./way.ts";

export interface KernelRouteOptions {
  readonly cluster: string;
  readonly group: string;
  readonly config: KernelRouteConfig;
  /** Where the members are; looked at again with each view. */
  readonly addresses: Readonly<Record<string, Address>>;
  readonly leaseMs: number;
  readonly clock: Clock;
  readonly log: (text: string) => void;
}

/** What such a route looks like now, for people and programs. */
export interface KernelRouteStatus {
  readonly name: string;
  readonly pid: number;
  readonly view: RouteView;
  readonly readWrite: KernelPortStatus;
  readonly readOnly: KernelPortStatus | null;
}

/** Another prefix than the guard's tables have, which removes those of its own that nobody needs. */
const TABLE_PREFIX = "route_understudy_";

/** A name of which nobody knew anything is looked up again after that. */
const LEARN_MS = 2000;

/**
 * Takes over what the kernel does for this route already, or makes it, closed. Rejects with a `UserError` that says what is missing on this
 * host.
 */
export async function openKernelRoute(options: KernelRouteOptions): Promise<KernelRoute> {
  const { cluster, group, config, addresses, leaseMs, clock, log } = options;
  const members = new MemberAddresses(addresses, log);
  await members.learn();
  await requireKernel(config, members.known);
  const nft = new NftShell();
  const open = (listen: Address, direct: typeof directReadWrite): Promise<KernelPort> =>
    KernelPort.open({
      group,
      plan: { table: tableOf(cluster, config.name, listen), listen },
      direct,
      addressOf: (member) => members.addressOf(member),
      holdMs: config.holdMs,
      leaseMs,
      nft,
      clock,
      log,
    });
  try {
    const writing = await open(config.listen, directReadWrite);
    const reading = config.readOnly && (await open(config.readOnly, directReadOnly));
    return new KernelRoute(options, nft, members, writing, reading);
  } catch (error) {
    nft.close();
    throw error;
  }
}

/** Leads clients in the kernel: to the primary, and readers to the standbys. See `docs/kernel-route.md`. */
export class KernelRoute implements Route {
  readonly kind = "kernel";
  readonly name: string;
  readonly #nft: NftShell;
  readonly #clock: Clock;
  readonly #members: MemberAddresses;
  readonly #writing: KernelPort;
  readonly #reading: KernelPort | null;
  #view: RouteView;
  #closed: Promise<void> | null = null;
  #learnAgain: Cancel = () => undefined;

  constructor(
    { group, config, clock }: KernelRouteOptions,
    nft: NftShell,
    members: MemberAddresses,
    writing: KernelPort,
    reading: KernelPort | null,
  ) {
    this.name = config.name;
    this.#nft = nft;
    this.#clock = clock;
    this.#members = members;
    this.#writing = writing;
    this.#reading = reading;
    this.#view = unknownView(group);
  }

  follow(view: RouteView): void {
    this.#view = view;
    this.#tell();
    // A member that has joined, or a name that means another address now.
    this.#learn();
  }

  get status(): KernelRouteStatus {
    return {
      name: this.name,
      pid: process.pid,
      view: this.#view,
      readWrite: this.#writing.status,
      readOnly: this.#reading?.status ?? null,
    };
  }

  close(drainMs: number): Promise<void> {
    this.#closed ??= this.#close(drainMs);
    return this.#closed;
  }

  async #close(drainMs: number): Promise<void> {
    this.#learnAgain();
    await Promise.all(this.#ports.map((port) => port.close(drainMs)));
    this.#nft.close();
  }

  #tell(): void {
    for (const port of this.#ports) port.follow(this.#view);
  }

  #learn(): void {
    this.#learnAgain();
    void this.#members.learn().then((isNews) => {
      if (isNews) this.#tell();
      this.#learnAgain();
      if (!this.#members.isComplete && this.#closed === null)
        this.#learnAgain = this.#clock.after(LEARN_MS, () => this.#learn());
    });
  }

  get #ports(): readonly KernelPort[] {
    return this.#reading === null ? [this.#writing] : [this.#writing, this.#reading];
  }
}

/** One table for each port of each route: a process that comes new finds it by the same name. */
function tableOf(cluster: string, route: string, { host, port }: Address): string {
  const what = `${cluster}\0${route}\0${host}\0${port}`;
  return `${TABLE_PREFIX}${createHash("sha256").update(what).digest("hex").slice(0, 12)}`;
}
