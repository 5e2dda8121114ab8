import { commitRule, sameRule, type CommitRule } from "../../src/core/commit-rule.ts";
import { positionAt, type Fork } from "../../src/core/position.ts";
import { UNSEEN, type Follower, type ServiceLook, type ServiceState } from "../../src/core/service-look.ts";
import type { ServiceAction } from "../../src/core/service-action.ts";
import { Failure } from "../../src/lib/failure.ts";
import type { GuardTarget, ProbeResult, Service } from "../../src/services/service.ts";

/** One member's pretended server: a log of entries (each 10 long), and from whom it receives. */
class Server {
  state: ServiceState = "empty";
  frozen = false;
  incarnation: string | null = null;
  log: string[] = [];
  forks: readonly Fork[] = [];
  receiving: { from: string; term: number } | null = null;
  term: number | null = null;
  rule: CommitRule = commitRule(1, []);
  ruleOffset = 0;
  firstOffset: number | null = null;
}

/** A pretended replicated service: all members of one group, in memory, with real asynchrony. */
export class PretendGroup {
  readonly servers = new Map<string, Server>();
  readonly bells = new Set<() => void>();
  #copies = 0;

  constructor(members: readonly string[]) {
    for (const member of members) this.servers.set(member, new Server());
  }

  of(member: string): Server {
    const server = this.servers.get(member);
    if (server === undefined) throw new Error(`no member ${member}`);
    return server;
  }

  newIncarnation(member: string): string {
    this.#copies += 1;
    return `${member}-${this.#copies}`;
  }

  ring(): void {
    for (const bell of this.bells) setImmediate(bell);
  }

  /** A client's write: whether enough copies have it. */
  write(member: string, entry: string): boolean {
    const server = this.of(member);
    if (server.state !== "primary" || server.frozen) return false;
    server.log.push(entry);
    this.replicate();
    const having = this.followers(member).filter((f) => f.offset >= server.log.length * 10 && f.term === server.term);
    return server.rule.of.filter((c) => having.some((h) => h.incarnation === c.incarnation)).length >= server.rule.need;
  }

  /** Every standby in a stream gets what it lacks. */
  replicate(): void {
    for (const server of this.servers.values()) {
      const from = server.receiving === null ? undefined : this.of(server.receiving.from);
      if (
        server.state !== "standby" ||
        server.frozen ||
        from === undefined ||
        !["primary", "standby"].includes(from.state) ||
        from.frozen
      )
        continue;
      server.log.push(...from.log.slice(server.log.length));
    }
  }

  followers(member: string): readonly Follower[] {
    return [...this.servers]
      .filter(([, s]) => s.state === "standby" && s.receiving?.from === member)
      .map(([name, s]) => ({
        member: name,
        incarnation: s.incarnation ?? "",
        term: s.receiving?.term ?? 0,
        offset: s.log.length * 10,
        streaming: true,
      }));
  }

  kill(member: string): void {
    const server = this.of(member);
    if (!["empty", "partial"].includes(server.state)) server.state = "stopped";
    server.frozen = false;
    server.term = null;
    this.ring();
  }
}

/** The service of one member of a {@link PretendGroup}. */
export class PretendService implements Service {
  readonly hasData = true;
  readonly guardTarget: GuardTarget;
  readonly #group: PretendGroup;
  readonly #me: string;
  readonly #bells: (() => void)[] = [];

  constructor(group: PretendGroup, me: string) {
    this.#group = group;
    this.#me = me;
    this.guardTarget = { directory: me };
    group.bells.add(() => this.#bells.forEach((bell) => bell()));
  }

  get #server(): Server {
    return this.#group.of(this.#me);
  }

  async look(): Promise<ServiceLook> {
    const s = this.#server;
    this.#group.replicate();
    const upstream = s.receiving === null ? null : this.#group.of(s.receiving.from);
    const streaming = upstream !== null && ["primary", "standby"].includes(upstream.state) && !upstream.frozen;
    const offset = s.log.length * 10;
    return {
      ...UNSEEN,
      state: s.frozen ? "hung" : s.state,
      incarnation: s.incarnation,
      dataId: s.incarnation === null ? null : "data",
      position:
        s.receiving === null && (s.state === "standby" || s.state === "stopped") ? positionAt(offset, s.forks) : null,
      forks: s.forks,
      offset,
      receiving: s.receiving === null || s.state !== "standby" ? null : { ...s.receiving, streaming },
      heardOffset: offset,
      term: s.term,
      followers: s.state === "primary" ? this.#group.followers(this.#me) : [],
      rule: s.state === "primary" ? s.rule : null,
      ruleOffset: s.ruleOffset,
      firstOffset: s.firstOffset,
      busyClients: 0,
    };
  }

  async perform(action: ServiceAction): Promise<void> {
    await new Promise((resolve) => setTimeout(resolve, 2));
    this.#do(action);
    this.#group.ring();
  }

  abandon(): void {}

  async probe(member: string): Promise<ProbeResult> {
    const server = this.#group.of(member);
    if (server.frozen) return "silent";
    return server.state === "primary" || server.state === "standby" ? "answered" : "refused";
  }

  observe(): void {}

  onChange(then: () => void): void {
    this.#bells.push(then);
  }

  async close(): Promise<void> {}

  #do(action: ServiceAction): void {
    const s = this.#server;
    switch (action.do) {
      case "create":
        return void Object.assign(s, {
          state: "stopped",
          incarnation: this.#group.newIncarnation(this.#me),
          log: ["created"],
        });
      case "start":
        return void Object.assign(s, { state: "standby", term: null, receiving: null });
      case "seal":
        s.receiving = null;
        return;
      case "follow":
        return void Object.assign(s, { receiving: { from: action.from, term: action.term }, forks: action.forks });
      case "promote":
        Object.assign(s, {
          state: "primary",
          term: action.term,
          forks: action.forks,
          rule: action.rule,
          ruleOffset: 0,
          receiving: null,
        });
        return this.#begin(action.term);
      case "begin":
        return this.#begin(action.term);
      case "set-rule":
        if (!sameRule(s.rule, action.rule)) s.ruleOffset = s.log.length * 10;
        s.rule = action.rule;
        return;
      case "prepare-stop":
        return;
      case "stop":
        return this.#group.kill(this.#me);
      case "rewind":
      case "clone": {
        const from = this.#group.of(action.from);
        if (from.state !== "primary") throw new Failure(`"${action.from}" is no primary`);
        const incarnation = this.#group.newIncarnation(this.#me);
        return void Object.assign(s, {
          state: "stopped",
          incarnation,
          log: [...from.log],
          forks: action.forks,
          receiving: null,
        });
      }
    }
  }

  #begin(term: number): void {
    this.#server.log.push(`term ${term}`);
    this.#server.firstOffset = this.#server.log.length * 10;
  }
}
