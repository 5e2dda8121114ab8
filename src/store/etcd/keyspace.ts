/** Where a store's keys are in etcd: all below one prefix, which it shares with nobody. */
export class Keyspace {
  /** Its value is what makes this store itself, and its `createRevision` says that it is still the same. */
  readonly identity: Buffer;
  readonly #data: string;

  constructor(prefix: string) {
    this.identity = Buffer.from(`${prefix}/identity`);
    this.#data = `${prefix}/data/`;
  }

  /** The store's `key` as etcd knows it. */
  outer(key: string): Buffer {
    return Buffer.from(this.#data + key);
  }

  /** The store's name of a key that etcd told. */
  inner(key: Buffer): string {
    return key.toString("utf8").slice(this.#data.length);
  }

  /** From where to where the keys are that begin with `prefix`. */
  range(prefix: string): { readonly key: Buffer; readonly rangeEnd: Buffer } {
    const key = this.outer(prefix);
    return { key, rangeEnd: behind(key) };
  }
}

/** The first key behind all that begin with `key`. No byte of UTF-8 is 255, so the last one can always be raised. */
function behind(key: Buffer): Buffer {
  const end = Buffer.from(key);
  end[end.length - 1] = (end.at(-1) ?? 0) + 1;
  return end;
}
