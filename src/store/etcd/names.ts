import { lookup } from "node:dns/promises";

/**
 * Resolves names one after the other. Each lookup holds one of the few threads that this process has for
 * files and names, for as long as a dead name server lets it wait.
 */
export class Names {
  #last: Promise<unknown> = Promise.resolve();

  /** All addresses of a name. Rejects when it is not known. */
  addressesOf(host: string): Promise<readonly string[]> {
    const found = this.#last.then(() => lookup(host, { all: true }));
    this.#last = found.catch(() => undefined);
    return found.then((all) => all.map(({ address }) => address));
  }
}
