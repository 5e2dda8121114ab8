import { lookup } from "node:dns/promises";

/**
 * Resolves names one after the other. Each lookup holds one of the few threads that this process has for
 * files and names, for as long as a dead name server lets it wait.
 */
export class Names {
  #last: Promise<unknown> = Promise.resolve();

  /** Rejects when the name is not known. */
  addressOf(host: string): Promise<string> {
    const address = this.#last.then(() => lookup(host)).then((found) => found.address);
    this.#last = address.catch(() => undefined);
    return address;
  }
}
