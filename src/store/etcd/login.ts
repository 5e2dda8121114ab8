import { Metadata } from "@grpc/grpc-js";
import type { EtcdConfig } from "../../config/config.ts";
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
  #metadata: Promise<Metadata> | null = null;
  #last: Metadata | null = null;

  constructor(login: EtcdConfig["login"], authenticate: Authenticate) {
    this.#login = login;
    this.#authenticate = authenticate;
  }

  /** Without asking etcd while there is a token, or none is needed. */
  metadata(): Promise<Metadata> {
    this.#metadata ??= this.#newMetadata().catch((error: unknown) => {
      this.#metadata = null;
      throw error;
    });
    return this.#metadata;
  }

  /** The token in `used` is no good any more, if there is no other one yet. */
  forget(used: Metadata): void {
    if (this.#last === used) this.#metadata = null;
  }

  async #newMetadata(): Promise<Metadata> {
    const metadata = withLeader();
    this.#last = metadata;
    if (this.#login === null) return metadata;
    const { user, passwordFile } = this.#login;
    const { token } = await this.#authenticate({ name: user, password: passwordOf(passwordFile) });
    metadata.set("token", token);
    return metadata;
  }
}

/** A member that is cut off from the others refuses at once instead of keeping whoever asks waiting. */
export function withLeader(): Metadata {
  const metadata = new Metadata();
  metadata.set("hasleader", "true");
  return metadata;
}
