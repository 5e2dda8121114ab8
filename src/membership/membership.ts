import { X509Certificate } from "node:crypto";
import { readFile } from "node:fs/promises";
import type { Authority } from "../credentials/authority.ts";
import type { Address, Config } from "../config/config.ts";
import { withNode, withoutNode } from "../config/edit-nodes.ts";
import { checkText } from "../config/load.ts";
import { describeProblem } from "../config/problem.ts";
import { keys } from "../core/keys.ts";
import type { GroupRecord } from "../core/record.ts";
import type { Clock } from "../lib/clock.ts";
import { Failure } from "../lib/failure.ts";
import type { Entry, Store } from "../store/store.ts";
import { accessFiles } from "./access-files.ts";
import type { JoinRequest, LeaveRequest, MembershipPort, Result, TokenWish, Welcome } from "./membership-port.ts";
import { numberSeen } from "./keep-configuration.ts";
import { addressesOf, parseShared, type SharedConfiguration } from "./shared-configuration.ts";
import { fingerprintOf, hashOf, newSecret, parseKept, refusalOf, type KeptToken, type Token } from "./token.ts";

/** What membership is decided upon. */
export interface MembershipParts {
  readonly config: Config;
  /** The node that is asked. */
  readonly node: string;
  readonly store: Store;
  readonly authority: Authority;
  readonly clock: Clock;
  readonly log: (text: string) => void;
}

/** Somebody else may change the configuration at the same time. */
const ATTEMPTS = 5;

/** Lets hosts in and out, by changes of the configuration that all nodes share. */
export class Membership implements MembershipPort {
  readonly #parts: MembershipParts;

  constructor(parts: MembershipParts) {
    this.#parts = parts;
  }

  async createToken({ node, validMs, by }: TokenWish): Promise<Result<Token>> {
    const { config, store, authority, clock, log } = this.#parts;
    const addresses = Object.values(config.nodes).flatMap(({ peer }) => (peer === null ? [] : written(peer)));
    if (addresses.length === 0)
      return refused(
        "No node has an address for others: give each a `peer` in the configuration, and start the agents again.",
      );
    const { id, secret } = newSecret();
    const kept: KeptToken = { hash: hashOf(secret), node, endsAtMs: clock.wallMs() + validMs, by };
    const write = [...(await this.#outdated()), { key: keys.token(id), value: JSON.stringify(kept) }];
    await store.transact({ expect: [], write });
    log(`a token was made by ${by}, for ${node === null ? "any node" : `"${node}"`}`);
    const fingerprint = fingerprintOf(new X509Certificate(authority.certificate).raw);
    return done({ cluster: config.cluster, addresses, authority: fingerprint, id, secret });
  }

  async join(request: JoinRequest): Promise<Result<Welcome>> {
    const { config, node: like, clock, log } = this.#parts;
    for (let i = 0; i < ATTEMPTS; i++) {
      const [token, entry] = await this.#parts.store.read([keys.token(request.id), keys.configuration]);
      if (token?.value == null || entry === undefined)
        return refused(
          "There is no such token: it was used already, or has ended. Make one with: understudy token create",
        );
      const kept = parseKept(token.value);
      const refusal = refusalOf(kept, request.secret, request.node, clock.wallMs());
      if (refusal !== null) return refused(refusal);
      const base = await this.#base(entry);
      const isThere = isNamed(base, request.node);
      // Whoever speaks for a node that is there has been named by a person.
      if (isThere && kept.node === null) return refused(nameTaken(request.node));
      const text = isThere ? base.text : withNode(base.text, { ...request, like });
      const change = this.#changed(base, text, `"${request.node}" joins`, request.node);
      if (typeof change === "string") return refused(change);
      // The files first: a token that is used up has let somebody in.
      const files = await accessFiles(text, config.file);
      if (!(await this.#replace([token, entry], change, { key: token.key, value: null }))) continue;
      log(`"${request.node}" joins, from ${request.host}`);
      const number = change?.number ?? base.number;
      return done({ cluster: config.cluster, number, storeId: await this.#parts.store.identity(), text, files });
    }
    return refused("The configuration is being changed by somebody else. Try again.");
  }

  async leave({ node, by }: LeaveRequest): Promise<Result<{ readonly number: number }>> {
    for (let i = 0; i < ATTEMPTS; i++) {
      const [entry] = await this.#parts.store.read([keys.configuration]);
      if (entry === undefined) throw new Failure("The store does not answer as it should.");
      const base = await this.#base(entry);
      if (!isNamed(base, node)) return refused(`There is no node "${node}" in the configuration.`);
      const records = await this.#parts.store.list(keys.groups);
      const [held] = records.map(recordOf).filter(({ primary }) => primary === node);
      if (held !== undefined)
        return refused(`"${node}" is the primary of ${held.group}. First: understudy switchover --group ${held.group}`);
      const change = this.#changed(base, withoutNode(base.text, node), `"${node}" leaves`, by);
      if (typeof change === "string") return refused(change);
      // No takeover may come in between that makes it a primary.
      if (!(await this.#replace([entry, ...records], change, null))) continue;
      this.#parts.log(`"${node}" leaves, asked by ${by}`);
      return done({ number: change?.number ?? base.number });
    }
    return refused("The configuration is being changed by somebody else. Try again.");
  }

  /** The configuration that a change begins with: this node's file, also as a person has edited it, unless it lacks a change that all share. */
  async #base(entry: Entry): Promise<SharedConfiguration> {
    const { config, node, store } = this.#parts;
    const shared = parseShared(entry);
    const directory = config.nodes[node]?.directory ?? "";
    if (shared !== null && shared.number > (await numberSeen(directory, await store.identity()))) return shared;
    const text = await readFile(config.file, "utf8");
    return { number: shared?.number ?? 0, text, by: "", because: "", addresses: addressesOf(config) };
  }

  /** The next configuration, or why there can be none; `null`: nothing changes. */
  #changed(base: SharedConfiguration, text: string, because: string, by: string): SharedConfiguration | string | null {
    if (text === base.text) return null;
    const { config, problems } = checkText(this.#parts.config.file, text);
    if (config === null) return `The configuration would be wrong: ${problems.map(describeProblem).join("; ")}`;
    return { number: base.number + 1, text, by, because, addresses: addressesOf(config) };
  }

  /** `false`: what it was decided upon has changed. */
  async #replace(
    seen: readonly Entry[],
    change: SharedConfiguration | null,
    besides: { readonly key: string; readonly value: null } | null,
  ): Promise<boolean> {
    const write = [
      ...(besides === null ? [] : [besides]),
      ...(change === null ? [] : [{ key: keys.configuration, value: JSON.stringify(change) }]),
    ];
    const expect = seen.map(({ key, revision }) => ({ key, revision }));
    return (await this.#parts.store.transact({ expect, write })).applied;
  }

  /** Deletions of the tokens that have ended. */
  async #outdated(): Promise<readonly { readonly key: string; readonly value: null }[]> {
    const { store, clock } = this.#parts;
    const all = await store.list(keys.tokens);
    return all
      .filter(({ value }) => value !== null && parseKept(value).endsAtMs < clock.wallMs())
      .map(({ key }) => ({ key, value: null }));
  }
}

function nameTaken(node: string): string {
  return `There is a node "${node}" in the configuration already. To let this host in as that one: understudy token create --for ${node}`;
}

function recordOf({ value }: Entry): { readonly group: string; readonly primary: string | null } {
  const { group = "", primary = null } = JSON.parse(value ?? "{}") as Partial<GroupRecord>;
  return { group, primary };
}

function isNamed({ text }: SharedConfiguration, node: string): boolean {
  const { config } = checkText("", text);
  return config?.nodes[node] !== undefined;
}

function written({ host, port }: Address): string {
  return `${host.includes(":") ? `[${host}]` : host}:${port}`;
}

function done<T>(value: T): Result<T> {
  return { outcome: "done", value };
}

function refused(text: string): { readonly outcome: "refused"; readonly text: string } {
  return { outcome: "refused", text };
}
