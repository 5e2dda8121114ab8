import { openCheck } from "../../checks/open-check.ts";
import type { Address, GroupConfig } from "../../config/config.ts";
import type { ExternalConfig, HttpRouteConfig } from "../../config/http-route-config.ts";
import type { Cancel, Clock } from "../../lib/clock.ts";
import { readWrite, type Load } from "../proxy/choice.ts";
import { affordableConnections } from "../proxy/file-limit.ts";
import type { Route, RouteView } from "../route.ts";
import { AccessLog } from "./access-log.ts";
import { Certificates } from "./certificates.ts";
import { networksOf } from "./networks.ts";
import { reloadBySignal } from "./reload-by-signal.ts";
import { openHttpProxy, type HttpProxy, type HttpProxyStatus } from "./http-proxy.ts";
import { DEFAULT_LIMITS } from "./limits.ts";
import { isHttpStatus, mergeStatus } from "./merge-status.ts";
import type { PoolOptions } from "./pool.ts";
import { PrimaryServer } from "./primary-server.ts";
import { findServers, lookUpAnew, readServers, type ServerName } from "./server-list.ts";
import type { UpstreamEvent } from "./upstreams.ts";
import { ANY_ANSWER, asking, DEFAULT_TIMES } from "./watch-upstreams.ts";

export interface HttpRouteOptions {
  readonly config: HttpRouteConfig;
  /** The route's own group, and those that its rules name. */
  readonly groups: readonly [GroupConfig, ...GroupConfig[]];
  /** Where the members of a group are; looked at again with each view. */
  readonly addressesOf: (group: string) => Readonly<Record<string, Address>>;
  readonly clock: Clock;
  /** Hears what happens to the servers. */
  readonly say: (text: string) => void;
  readonly log: (text: string) => void;
}

/** Names are looked up anew so often. */
const LOOK_UP_MS = 30_000;

/** Opens the port. Rejects with a `UserError` that says what is wrong with it, with a certificate or with a server. */
export async function openHttpRoute(options: HttpRouteOptions): Promise<HttpRoute> {
  const { config, groups, clock, say, log } = options;
  const { certificates, accessLog, holdMs, trusted, proxyProtocol } = config;
  const [first, ...others] = groups;
  const connections = Math.min(DEFAULT_LIMITS.connections, await affordableConnections());
  const proxy = await openHttpProxy({
    listen: config.listen,
    pools: [
      await poolOf(config, first, clock),
      ...(await Promise.all(others.map((group) => poolOf(config, group, clock)))),
    ],
    rules: config.rules,
    limits: { ...DEFAULT_LIMITS, holdMs, connections },
    certificates: certificates.length === 0 ? null : await Certificates.load(certificates),
    trusted: trusted.length === 0 ? null : networksOf(trusted),
    proxyProtocol,
    accessLog: accessLog === null ? null : await AccessLog.open(accessLog, log),
    clock,
    tell: (event) => say(lineOf(event)),
    log,
  });
  return new HttpRoute(options, proxy);
}

/** Leads requests: in a group with members to its primary, else to whichever servers work. See `docs/web.md`. */
export class HttpRoute implements Route {
  readonly kind = "http";
  readonly name: string;
  readonly #options: HttpRouteOptions;
  readonly #proxy: HttpProxy;
  readonly #timer: NodeJS.Timeout;
  readonly #unlisten: Cancel;
  readonly #primaries = new Map<string, PrimaryServer>();

  constructor(options: HttpRouteOptions, proxy: HttpProxy) {
    this.name = options.config.name;
    this.#options = options;
    this.#proxy = proxy;
    this.#timer = setInterval(() => void this.#lookUp(), LOOK_UP_MS);
    this.#unlisten = reloadBySignal(proxy, options.log);
  }

  follow(view: RouteView): void {
    const { group } = view;
    const load: Load = {
      connectionsTo: () => 0,
      standingWith: (member) => this.#proxy.standingWith(member, group),
      mayTry: () => true,
    };
    const choice = readWrite.choose(view, load);
    const member = "to" in choice ? choice.to.member : view.open ? view.primary : null;
    const address = member === null ? undefined : this.#options.addressesOf(group)[member];
    if (member === null || address === undefined) this.#primaryOf(group).nobody();
    // Whoever is served may stay as long as its primary is one.
    else this.#primaryOf(group).become(member, view, address, !("to" in choice));
  }

  get status(): HttpProxyStatus {
    return this.#proxy.status;
  }

  /** Of this process and of others that share the port. */
  statusWith(others: readonly unknown[]): HttpProxyStatus {
    return mergeStatus(this.status, others.filter(isHttpStatus));
  }

  async close(drainMs: number, hasSuccessor = false): Promise<void> {
    clearInterval(this.#timer);
    this.#unlisten();
    await this.#proxy.close(drainMs, hasSuccessor);
  }

  #primaryOf(group: string): PrimaryServer {
    const found = this.#primaries.get(group);
    if (found !== undefined) return found;
    const proxy = this.#proxy;
    const made = new PrimaryServer({
      log: this.#options.log,
      serve(server, isDraining) {
        proxy.setServers(server === null ? [] : [server], group);
        if (server !== null) proxy.setDraining(server.name, isDraining, group);
      },
    });
    this.#primaries.set(group, made);
    return made;
  }

  async #lookUp(): Promise<void> {
    const external = this.#options.groups.flatMap(({ group, service }) =>
      service.kind === "external" ? [{ group, names: namesOf(group, service) }] : [],
    );
    for (const { group, names } of external) await lookUpAnew(this.#proxy, group, names, this.#options.log);
  }
}

/** Until the store has said who is primary, a group with members has no server: its requests wait. */
async function poolOf({ balance, sticky }: HttpRouteConfig, of: GroupConfig, clock: Clock): Promise<PoolOptions> {
  const { group, service } = of;
  const servers = service.kind === "external" ? await findServers(namesOf(group, service)) : [];
  return { name: group, servers, balance, sticky, ...checkOf(of, clock) };
}

/** As the group's configuration asks external servers; members are checked by their own agents, and here only for whether they answer. */
function checkOf({ group, service, checks }: GroupConfig, clock: Clock): Pick<PoolOptions, "check" | "times"> {
  const [question] = service.kind === "external" ? checks : [];
  if (question === undefined || question.kind === "composed")
    return { check: asking(ANY_ANSWER, clock), times: DEFAULT_TIMES };
  const common = { group, config: null, runAs: null, secrets: { application: "" }, clock };
  const check: PoolOptions["check"] = ({ name, address }) =>
    openCheck(question, { ...common, member: { member: name, address } });
  return { check, times: question };
}

function namesOf(group: string, { servers, standbys }: ExternalConfig): readonly ServerName[] {
  const at = `groups.${group}.service.external`;
  return [...readServers(servers, 0, `${at}.servers`), ...readServers(standbys, 1, `${at}.standbys`)];
}

function lineOf({ group, server, event, text }: UpstreamEvent): string {
  const what = server === null ? `${group}: ${event}` : `${group}: ${server} ${event}`;
  return text === "" ? what : `${what}: ${text}`;
}
