import type { EtcdConfig } from "../../config/config.ts";
import type { Headers } from "./connection.ts";
import { passwordOf } from "./secrets.ts";

/** Asks etcd for a token. */
export type Authenticate = (question: {
  readonly name: string;
  readonly password: string;
}) => Promise<{ readonly token: string }>;

/** What goes with each call: who asks, if etcd wants to know that, and that a member without a leader shall refuse. */
export class Login {
  readonly #login: EtcdConfig["login"];
  readonly #authenticate: Authenticate;
  #headers: Promise<Headers> | null = null;
  #last: Headers | null = null;

  constructor(login: EtcdConfig["login"], authenticate: Authenticate) {
    this.#login = login;
    this.#authenticate = authenticate;
  }

  /** Without asking etcd while there is a token, or none is needed. */
  headers(): Promise<Headers> {
    this.#headers ??= this.#newHeaders().catch((error: unknown) => {
      this.#headers = null;
      throw error;
    });
    return this.#headers;
  }

  /** The token in `used` is no good any more, if there is no other one yet. */
  forget(used: Headers): void {
    if (this.#last === used) this.#headers = null;
  }

  async #newHeaders(): Promise<Headers> {
    this.#last = WITH_LEADER;
    if (this.#login === null) return WITH_LEADER;
    const { user, passwordFile } = this.#login;
    const { token } = await this.#authenticate({ name: user, password: passwordOf(passwordFile) });
    this.#last = { ...WITH_LEADER, token };
    return this.#last;
  }
}

/** A member that is cut off from the others refuses at once instead of keeping whoever asks waiting. */
export const WITH_LEADER: Headers = { hasleader: "true" };
