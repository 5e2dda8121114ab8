import { lookup } from "node:dns/promises";
import { isIPv4 } from "node:net";
import { isDeepStrictEqual } from "node:util";
import type { Address } from "../../config/config.ts";

/** A name service that is slower than that counts as one that does not answer. */
const NAME_MS = 2000;

/** Where the members are, as the kernel has to be told: by numbers. */
export class MemberAddresses {
  readonly #configured: Readonly<Record<string, Address>>;
  readonly #log: (text: string) => void;
  #known: Readonly<Record<string, Address>> = {};
  #unknown = "";

  /** `configured` may change. */
  constructor(configured: Readonly<Record<string, Address>>, log: (text: string) => void) {
    this.#configured = configured;
    this.#log = log;
  }

  get known(): Readonly<Record<string, Address>> {
    return this.#known;
  }

  /** Whether every member's is known. */
  get isComplete(): boolean {
    return Object.keys(this.#configured).every((member) => member in this.#known);
  }

  addressOf(member: string): Address | null {
    return this.#known[member] ?? null;
  }

  /** Looks all names up; whether anything is new. A name of which nothing is heard keeps what it meant last. */
  async learn(): Promise<boolean> {
    const found = await Promise.all(
      Object.entries(this.#configured).map(async ([member, { host, port }]): Promise<[string, Address | null]> => {
        const ip = isIPv4(host) ? host : await numberOf(host);
        return [member, ip === null ? this.addressOf(member) : { host: ip, port }];
      }),
    );
    const unknown = found.filter(([, address]) => address === null).map(([member]) => member);
    this.#report(unknown.join(", "));
    const known: Record<string, Address> = {};
    for (const [member, address] of found) if (address !== null) known[member] = address;
    const isNews = !isDeepStrictEqual(known, this.#known);
    this.#known = known;
    return isNews;
  }

  #report(unknown: string): void {
    if (unknown !== "" && unknown !== this.#unknown)
      this.#log(`Nobody knows an IPv4 address of ${unknown}: no clients are led there until somebody does`);
    this.#unknown = unknown;
  }
}

async function numberOf(host: string): Promise<string | null> {
  const found = lookup(host, { family: 4 }).then(
    ({ address }) => address,
    () => null,
  );
  return Promise.race([found, new Promise<null>((resolve) => setTimeout(resolve, NAME_MS, null).unref())]);
}
