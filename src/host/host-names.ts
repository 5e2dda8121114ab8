import { lookup as ask, type LookupAddress, type LookupOptions } from "node:dns";
import type { LookupFunction } from "node:net";

/** A name that is used is looked up again after that: hosts move. */
const AGAIN_MS = 5000;

interface Known {
  addresses: readonly LookupAddress[];
  askedAtMs: number;
}

type Answer = (error: Error | null, addresses: readonly LookupAddress[]) => void;

/** What looks names up for {@link HostNames}. */
export type Lookup = (host: string, then: Answer) => void;

/**
 * Where names lead, by what was heard last. A name that is known is looked up beside the work that uses it: a name server that is slow or dead
 * holds nothing up, and that a name cannot be resolved any more says nothing about the host behind it.
 */
export class HostNames {
  readonly #lookup: Lookup;
  readonly #nowMs: () => number;
  readonly #known = new Map<string, Known>();

  constructor(lookup: Lookup, nowMs: () => number) {
    this.#lookup = lookup;
    this.#nowMs = nowMs;
  }

  /** All addresses of `host`: at once where they are known. An error only for a name that nobody could ever resolve. */
  addressesOf(host: string, then: Answer): void {
    const known = this.#known.get(host);
    if (known === undefined) return this.#ask(host, then);
    then(null, known.addresses);
    if (this.#nowMs() - known.askedAtMs < AGAIN_MS) return;
    known.askedAtMs = this.#nowMs();
    this.#ask(host, () => undefined);
  }

  #ask(host: string, then: Answer): void {
    this.#lookup(host, (error, addresses) => {
      if (error === null && addresses.length > 0) this.#known.set(host, { addresses, askedAtMs: this.#nowMs() });
      then(error, addresses);
    });
  }
}

const ours = new HostNames(
  (host, then) => ask(host, { all: true }, (error, addresses) => then(error, addresses)),
  () => performance.now(),
);

/** For the option `lookup` of connections. */
export const lookupHost = ((host: string, { all }: LookupOptions, then: (...answer: unknown[]) => void): void =>
  ours.addressesOf(host, (error, addresses) => {
    if (all === true) then(error, addresses);
    else then(error, addresses[0]?.address, addresses[0]?.family);
  })) as LookupFunction;

/** Looks a name up ahead, so that it is known by the time when a question is urgent. */
export function prepareHost(host: string): void {
  ours.addressesOf(host, () => undefined);
}
