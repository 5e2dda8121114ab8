import { Failure } from "../../lib/failure.ts";
import type { Account } from "../../host/account.ts";
import { readIdentity, writeIdentity, type Identity } from "./identity.ts";

/** Keeps what is known of the identity of a running server's data, so that a beat need not read it. */
export class IdentityKeeper {
  readonly #data: string;
  readonly #account: Account;
  #known: Identity | null = null;

  constructor(data: string, account: Account) {
    this.#data = data;
    this.#account = account;
  }

  /** Rejects with a {@link Failure} when the data has no identity. */
  async get(): Promise<Identity> {
    this.#known ??= await readIdentity(this.#data);
    if (this.#known === null) throw new Failure(`The data in "${this.#data}" has no identity yet: it must be adopted`);
    return this.#known;
  }

  /** Changes a part of it durably; a change that changes nothing costs nothing. */
  async change(part: Partial<Pick<Identity, "forks" | "promoting">>): Promise<void> {
    const before = await this.get();
    const after = { ...before, ...part };
    if (JSON.stringify(after) === JSON.stringify(before)) return;
    await writeIdentity(this.#data, after, this.#account);
    this.#known = after;
  }

  /** The data is, or may be, another now. */
  forget(): void {
    this.#known = null;
  }
}
