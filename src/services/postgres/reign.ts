import { readFile, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { CommitRule } from "../../core/commit-rule.ts";
import type { Connection } from "./connection.ts";
import type { Identity } from "./identity.ts";
import { parseRule } from "./rule.ts";
import type { ServerState } from "./server-state.ts";
import { switchesOf } from "./switches.ts";

/** A rule that was proven to be in force in every process of one life of a server. */
interface Proof {
  readonly life: string;
  readonly term: number;
  readonly syncNames: string;
  readonly offset: number;
}

/** In which term a life of the server is primary. */
interface Promoted {
  readonly life: string;
  /** `null`: through none; somebody else has promoted it. */
  readonly term: number | null;
  readonly firstOffset: number | null;
}

/**
 * What is known about this member as a primary beyond what the server says itself: its term, where that
 * begins, and which rule was proven to be in force. All of it is bound to one life of the server. The
 * proof is kept in a file too, so that a restarted agent need not disturb the standbys to prove it
 * again; it need not outlive the host's crash, since the server's life does not either.
 */
export class Reign {
  readonly #file: string;
  readonly #data: string;
  #promoted: Promoted | null = null;
  #proof: Proof | null = null;
  #readFor = "";

  constructor(memberDirectory: string, data: string) {
    this.#file = join(memberDirectory, "rule.json");
    this.#data = data;
  }

  /** The term and the end of its first entry, as far as they are known for `life`. */
  of(life: string): Pick<Promoted, "term" | "firstOffset"> | null {
    return this.#promoted?.life === life ? this.#promoted : null;
  }

  /** The life of the server that is known to be primary. */
  get life(): string | null {
    return this.#promoted?.life ?? null;
  }

  /** An action knows: it has just promoted the server, or written the entry. */
  begun(life: string, term: number | null, firstOffset: number | null): void {
    this.#promoted = { life, term, firstOffset };
  }

  /** Finds out what an earlier life of the agent knew. What an action has told meanwhile counts more. */
  async recall(state: ServerState, identity: Identity, connection: Connection): Promise<void> {
    const promoted = await recalled(state, identity, connection, await switchesOf(this.#data));
    if (this.#promoted?.life !== state.life) this.#promoted = promoted;
  }

  /** The rule that was proven to be in force now, and how far had been written by then; `null`: none was. */
  async rule(state: ServerState): Promise<{ readonly rule: CommitRule; readonly offset: number } | null> {
    if (this.#readFor !== state.life) await this.#read(state.life);
    const proof = this.#proof;
    if (proof === null || proof.life !== state.life || proof.syncNames !== state.syncNames) return null;
    if (this.of(state.life)?.term !== proof.term) return null;
    const rule = parseRule(proof.syncNames, proof.term);
    return rule && { rule, offset: proof.offset };
  }

  /** Whether the server was last seen under a proven setting other than `state` shows: somebody has changed it. */
  isAltered(state: ServerState): boolean {
    return this.#proof !== null && this.#proof.life === state.life && this.#proof.syncNames !== state.syncNames;
  }

  /** The proof no longer holds; to be said before anything changes. */
  async revoke(): Promise<void> {
    this.#proof = null;
    await rm(this.#file, { force: true });
  }

  async prove(proof: Proof): Promise<void> {
    this.#proof = proof;
    this.#readFor = proof.life;
    await writeFile(`${this.#file}.new`, JSON.stringify(proof), { mode: 0o600 });
    await rename(`${this.#file}.new`, this.#file);
  }

  async #read(life: string): Promise<void> {
    const text = await readFile(this.#file, "utf8").catch(() => "null");
    const proof = parsed(text);
    this.#readFor = life;
    this.#proof ??= proof;
  }
}

function parsed(text: string): Proof | null {
  try {
    return JSON.parse(text) as Proof | null;
  } catch {
    return null;
  }
}

/**
 * A server in which a promotion was begun and that is primary was promoted by it. Otherwise the newest
 * term's first entry must be of this very copy. And its timeline must have begun where the term did: a server
 * that somebody has promoted by hand may hold that entry too, but began elsewhere.
 */
async function recalled(
  state: ServerState,
  identity: Identity,
  connection: Connection,
  switches: readonly number[],
): Promise<Promoted> {
  const [row] = await connection.rows({
    text: "SELECT term, incarnation FROM understudy.term ORDER BY term DESC LIMIT 1",
  });
  const own = row !== undefined && row[1] === identity.incarnation ? Number(row[0]) : null;
  const { life, flushOffset } = state;
  const fork = identity.forks.at(-1);
  const claimed = identity.promoting ?? own;
  const isOurs = fork !== undefined && claimed === fork.term && switches.at(-1) === fork.offset;
  if (!isOurs) return { life, term: null, firstOffset: null };
  return { life, term: claimed, firstOffset: own === claimed ? flushOffset : null };
}
