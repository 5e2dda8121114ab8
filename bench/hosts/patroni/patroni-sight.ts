import { setTimeout as sleep } from "node:timers/promises";
import { Failure, messageOf } from "../../../src/lib/failure.ts";
import { Connection, DEADLINE_MS } from "../../../src/quickstart/client/connection.ts";
import type { SeenRecord } from "../../takeover/run-once.ts";
import { callEtcd } from "../etcd-call.ts";
import type { PatroniObserved } from "../observer-messages.ts";
import type { Sight } from "../sight.ts";

const ANSWER_MS = 1000;
/** Patroni changes its mind in seconds. */
const LOOK_MS = 500;

/** What a Patroni tells about its server. */
interface Status {
  readonly state: string;
  readonly role: string;
  readonly replication?: readonly { readonly application_name: string; readonly state: string }[];
}

/**
 * Looks at a group of Patroni's: the leader's key in etcd, and what each member tells. A term is each time that the key names
 * another member, as far as was seen: PostgreSQL's timeline goes back when a former primary wins.
 */
export class PatroniSight implements Sight {
  readonly #observed: PatroniObserved;
  #term = 0;
  #lastPrimary: string | null = null;

  constructor(observed: PatroniObserved) {
    this.#observed = observed;
    setInterval(() => void this.#leader().catch(() => null), LOOK_MS).unref();
  }

  async record(): Promise<SeenRecord> {
    const primary = await this.#leader();
    const status = primary === null ? null : await this.#statusOf(primary);
    return { primary, term: this.#term, open: status !== null && isPrimary(status) };
  }

  events(): Promise<readonly never[]> {
    return Promise.resolve([]);
  }

  async missing(): Promise<string | null> {
    const primary = await this.#leader();
    if (primary === null) return "nobody is the leader";
    const members = Object.keys(this.#observed.apis);
    const status = Object.fromEntries(
      await Promise.all(members.map(async (member) => [member, await this.#statusOf(member)] as const)),
    );
    const problems = members.map((member) =>
      problemOf(member, status[member] ?? null, status[primary] ?? null, primary),
    );
    return problems.find((problem) => problem !== null) ?? this.#problemOfProxy();
  }

  async #leader(): Promise<string | null> {
    const key = Buffer.from(this.#observed.leaderKey).toString("base64");
    const asked = Object.values(this.#observed.etcds).map((etcd) => callEtcd(etcd, "kv/range", { key }));
    const answer = (await Promise.any(asked).catch(() => {
      throw new Failure("No etcd answers.");
    })) as { readonly kvs?: readonly { readonly value: string }[] };
    const value = answer.kvs?.[0]?.value;
    const primary = value === undefined ? null : Buffer.from(value, "base64").toString();
    if (primary !== null && primary !== this.#lastPrimary) {
      this.#term += 1;
      this.#lastPrimary = primary;
    }
    return primary;
  }

  /** `null`: it does not answer. */
  async #statusOf(member: string): Promise<Status | null> {
    const signal = AbortSignal.timeout(ANSWER_MS);
    const answer = await fetch(`${this.#observed.apis[member]}/patroni`, { signal }).catch(() => null);
    return answer === null ? null : ((await answer.json().catch(() => null)) as Status | null);
  }

  /** The proxy finds the primary later than we do. A client that waits has tried again a deadline after that. */
  async #problemOfProxy(): Promise<string | null> {
    try {
      const connection = await Connection.open(this.#observed.target, "observer");
      connection.close();
      await sleep(DEADLINE_MS);
      return null;
    } catch (error) {
      return `the proxy leads to no primary: ${messageOf(error)}`;
    }
  }
}

/** Patroni said `master` until 4.0. */
function isPrimary({ role, state }: Status): boolean {
  return state === "running" && ["master", "primary"].includes(role);
}

function problemOf(member: string, own: Status | null, leader: Status | null, primary: string): string | null {
  if (own === null) return `the Patroni of "${member}" does not answer`;
  if (member === primary) return isPrimary(own) ? null : `"${member}" leads, and is ${own.role}, ${own.state}`;
  const stream = leader?.replication?.find(({ application_name: name }) => name === member);
  return stream?.state === "streaming" ? null : `"${member}" does not stream (${own.role}, ${own.state})`;
}
