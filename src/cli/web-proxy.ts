import type { BlockList } from "node:net";
import { isNetwork } from "../config/network.ts";
import { tell } from "../host/tell.ts";
import { UserError } from "../lib/failure.ts";
import { keeperOfThis } from "../run/keeper-of-this.ts";
import { nearest } from "../lib/nearest.ts";
import { parseDuration } from "../lib/units.ts";
import type { CertificateFiles } from "../routes/http/certificates.ts";
import { BALANCES, type Balance } from "../routes/http/choice.ts";
import { networksOf } from "../routes/http/networks.ts";
import { runHttpProxy } from "../routes/http/run-http-proxy.ts";
import { readListen, readServers } from "../routes/http/server-list.ts";
import { COOKIE_NAME } from "../routes/http/sticky.ts";
import type { UpstreamEvent } from "../routes/http/upstreams.ts";
import { ANY_ANSWER, type HealthQuestion } from "../routes/http/watch-upstreams.ts";
import type { Context } from "./context.ts";
import { eventLine } from "./render-web-status.ts";
import { WebScreen } from "./web-screen.ts";

/** What `understudy proxy --listen` is told. */
export interface WebProxyOptions {
  readonly listen?: string;
  readonly to?: readonly string[];
  readonly standby?: readonly string[];
  readonly balance?: string;
  readonly sticky?: string;
  readonly health?: string;
  readonly healthStatus?: string;
  readonly healthBody?: string;
  readonly healthHost?: string;
  readonly processes?: string;
  readonly hold?: string;
  readonly drain?: string;
  readonly control?: string;
  readonly cert?: readonly string[];
  readonly key?: readonly string[];
  readonly trust?: readonly string[];
  readonly proxyProtocol?: boolean;
  readonly accessLog?: string;
}

/** Runs an HTTP proxy by what stands on the command line: no file, no store. */
export async function runWebProxy(options: WebProxyOptions, context: Context): Promise<void> {
  const { listen, to = [], standby = [] } = options;
  if (listen === undefined) throw new UserError("--listen is missing: where clients come in, such as :8080");
  const servers = [...readServers(to, 0, "--to"), ...readServers(standby, 1, "--standby")];
  if (to.length === 0) throw new UserError("--to is missing: where the requests go, such as 127.0.0.1:9001");
  const where = readListen(listen);
  process.title = `understudy proxy ${listen}`;
  const screen = process.stdout.isTTY && !context.json ? new WebScreen(context.paint) : null;
  const say = (text: string): void => {
    const at = new Date().toISOString();
    if (screen !== null) screen.note(`${at.slice(11, 23)} ${text}`);
    else if (!context.json) tell(`${at} ${text}`);
  };
  try {
    await runHttpProxy({
      listen: where,
      servers,
      balance: balanceOf(options.balance),
      sticky: cookieOf(options.sticky),
      health: healthOf(options),
      holdMs: durationOf("--hold", options.hold ?? "30s"),
      drainMs: durationOf("--drain", options.drain ?? "10s"),
      control: options.control ?? null,
      certificates: certificatesOf(options),
      trusted: trustedOf(options),
      proxyProtocol: options.proxyProtocol === true,
      accessLog: options.accessLog ?? null,
      keeper: keeperOfThis(),
      retired: () => screen?.close(),
      tell: (event) => (context.json ? printEvent(context, event) : say(eventLine(event))),
      log: (text) =>
        context.json ? context.printJson({ at: new Date().toISOString(), event: "note", text }) : say(text),
      ready: (proxy) => {
        if (context.json) context.printJson({ at: new Date().toISOString(), event: "listening", ...where });
        else say(`listens at ${where.host}:${where.port}`);
        screen?.start(proxy);
      },
    });
  } finally {
    screen?.close();
  }
}

function printEvent(context: Context, event: UpstreamEvent): void {
  context.printJson({ at: new Date().toISOString(), ...event });
}

function balanceOf(given: string = "two"): Balance {
  const found = BALANCES.find((one) => one === given);
  if (found !== undefined) return found;
  const meant = nearest(given, BALANCES);
  const likely = meant === null ? "" : ` Did you mean ${meant}?`;
  throw new UserError(`--balance is "${given}".${likely} There are: ${BALANCES.join(", ")}`);
}

function cookieOf(name: string | undefined): string | null {
  if (name === undefined || COOKIE_NAME.test(name)) return name ?? null;
  throw new UserError(`--sticky is "${name}"; expected the name of a cookie, of letters, digits, _, - and .`);
}

function certificatesOf({ cert = [], key = [] }: WebProxyOptions): readonly CertificateFiles[] {
  if (cert.length !== key.length)
    throw new UserError(`There are ${cert.length} --cert and ${key.length} --key: each certificate needs its key`);
  return cert.map((file, at) => ({ cert: file, key: key[at] ?? "" }));
}

/** Addresses and networks, with commas between them. */
function trustedOf({ trust = [], proxyProtocol }: WebProxyOptions): BlockList | null {
  const given = trust.flatMap((text) => text.split(",")).map((text) => text.trim());
  if (given.length === 0 && proxyProtocol === true)
    throw new UserError("--proxy-protocol needs --trust: whose headers are believed, such as 10.0.0.0/8");
  if (given.length === 0) return null;
  const wrong = given.find((text) => !isNetwork(text));
  if (wrong === undefined) return networksOf(given);
  throw new UserError(`--trust is "${wrong}"; expected an address or a network, such as 10.0.0.1 or 10.0.0.0/8`);
}

function durationOf(option: string, text: string): number {
  const ms = parseDuration(text);
  if (ms === null)
    throw new UserError(`${option} is "${text}"; expected a duration with its unit, such as 300ms or 30s`);
  return ms;
}

function healthOf({ health, healthStatus, healthBody, healthHost }: WebProxyOptions): HealthQuestion {
  if (health === undefined) {
    if ((healthStatus ?? healthBody ?? healthHost) === undefined) return ANY_ANSWER;
    throw new UserError("--health is missing: the path that is asked for, such as /health");
  }
  if (!/^\/[\x21-\x7e]*$/.test(health))
    throw new UserError(`--health is "${health}"; expected a path, such as /health`);
  return {
    ...ANY_ANSWER,
    method: "GET",
    path: health,
    host: healthHost ?? null,
    isGoodStatus: statusesOf(healthStatus ?? "200-399"),
    body: healthBody ?? null,
  };
}

/** `200`, `200-399`, or several with commas between them. */
function statusesOf(text: string): (status: number) => boolean {
  const ranges = text.split(",").map((part) => {
    const [, from, to = from] = /^([1-5]\d\d)(?:-([1-5]\d\d))?$/.exec(part.trim()) ?? [];
    if (from === undefined)
      throw new UserError(`--health-status is "${text}"; expected a status or a range, such as 200 or 200-399`);
    return [Number(from), Number(to)] as const;
  });
  return (status) => ranges.some(([from, to]) => status >= from && status <= to);
}
