import { createHash } from "node:crypto";

/** What a cookie's name may be made of. */
export const COOKIE_NAME = /^[A-Za-z0-9_.-]{1,64}$/;

/** Binds clients to servers by a cookie, which says nothing about the server to anybody else. */
export class Sticky {
  readonly #cookie: string;
  readonly #wanted: RegExp;
  readonly #ids = new Map<string, string>();

  constructor(cookie: string) {
    this.#cookie = cookie;
    const name = cookie.replaceAll(".", "\\.");
    this.#wanted = new RegExp(`(?:^|\\n)cookie:(?:[^\\r\\n]*;)?[ \\t]*${name}=([0-9a-f]{12})[ \\t]*(?:;|\\r)`, "i");
  }

  /** The server that a request with these fields asks for, by its {@link idOf}; empty: it asks for none. */
  askedFor(fields: string): string {
    return this.#wanted.exec(fields)?.[1] ?? "";
  }

  /** What stands for a server in the cookie: always the same for the same name. */
  idOf(server: string): string {
    const known = this.#ids.get(server);
    if (known !== undefined) return known;
    const id = createHash("sha256").update(server).digest("hex").slice(0, 12);
    this.#ids.set(server, id);
    return id;
  }

  /** The field of a response of `server` to somebody who has asked for `asked`; empty: there is nothing to tell. */
  fieldFor(server: string, asked: string): string {
    const id = this.idOf(server);
    return id === asked ? "" : `Set-Cookie: ${this.#cookie}=${id}; Path=/; HttpOnly; SameSite=Lax\r\n`;
  }
}
