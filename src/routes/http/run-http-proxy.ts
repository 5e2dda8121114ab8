import { systemClock } from "../../agent/system-clock.ts";
import type { BlockList } from "node:net";
import type { Address } from "../../config/config.ts";
import { UserError } from "../../lib/failure.ts";
import { affordableConnections } from "../proxy/file-limit.ts";
import { AccessLog } from "./access-log.ts";
import { type CertificateFiles, Certificates } from "./certificates.ts";
import type { Balance } from "./choice.ts";
import { reloadBySignal } from "./reload-by-signal.ts";
import { serveControl } from "./control-socket.ts";
import type { Keeper } from "../keeper.ts";
import { isState, takeUp } from "./orders.ts";
import { SharedProxy } from "./shared-proxy.ts";
import { openHttpProxy, type HttpProxy } from "./http-proxy.ts";
import { DEFAULT_LIMITS } from "./limits.ts";
import { findServers, lookUpAnew, type ServerName } from "./server-list.ts";
import type { UpstreamEvent } from "./upstreams.ts";
import { asking, DEFAULT_TIMES, type HealthQuestion } from "./watch-upstreams.ts";

export interface RunHttpProxyOptions {
  readonly listen: Address;
  readonly servers: readonly ServerName[];
  readonly balance: Balance;
  readonly sticky: string | null;
  readonly health: HealthQuestion;
  readonly holdMs: number;
  readonly drainMs: number;
  readonly certificates: readonly CertificateFiles[];
  readonly trusted: BlockList | null;
  /** Whether these begin each connection with a PROXY header. */
  readonly proxyProtocol: boolean;
  /** A file that gets a line for each request; `null`: none. */
  readonly accessLog: string | null;
  /** Where an operator may ask and change things; `null`: nowhere. */
  readonly control: string | null;
  /** Hears what happens to the servers, as the first process that shares the port sees it. */
  readonly tell: (event: UpstreamEvent) => void;
  readonly log: (text: string) => void;
  /** Whoever keeps this process and may let another one take over; `null`: nobody. */
  readonly keeper: Keeper | null;
  /** Called once another process serves: there is nothing more to show. */
  readonly retired: () => void;
  /** Called once the port is open, in the first process that shares it. */
  readonly ready: (proxy: SharedProxy) => void;
}

/** Names are looked up anew so often. */
const LOOK_UP_MS = 30_000;

/**
 * Serves until this process is asked to end (SIGTERM, SIGINT), then lets requests under way end for at most `drainMs`; a
 * second signal ends it at once. Rejects with a `UserError` when the port cannot be had or a name is unknown.
 */
export async function runHttpProxy(options: RunHttpProxyOptions): Promise<void> {
  const { listen, servers, log } = options;
  const itself = servers.find(({ host, port }) => port === listen.port && leadsHere(host, listen));
  if (itself !== undefined) throw new UserError(`The server ${itself.name} is where the proxy itself listens`);
  const asked = askedToEnd();
  const accessLog = options.accessLog === null ? null : await AccessLog.open(options.accessLog, log);
  const proxy = await open(options, accessLog);
  const shared = new SharedProxy(proxy, options.keeper);
  const speaks = (options.keeper?.index ?? 0) === 0;
  const control = options.control === null || !speaks ? null : await controlOf(options.control, proxy, shared);
  const timer = setInterval(() => void lookUpAnew(proxy, "", servers, log), LOOK_UP_MS);
  const unlisten = reloadBySignal(proxy, log);
  if (speaks) options.ready(shared);
  options.keeper?.ready();
  const by = await Promise.race([asked, replaced(options)]);
  log(`${by}: no new connections; requests under way may end`);
  clearInterval(timer);
  await control?.close();
  await proxy.close(options.drainMs, by === REPLACED);
  unlisten();
  await accessLog?.close();
  log("the proxy has ended");
}

async function open(options: RunHttpProxyOptions, accessLog: AccessLog | null): Promise<HttpProxy> {
  const { certificates, keeper, health, holdMs, tell } = options;
  const servers = await findServers(options.servers);
  const connections = Math.min(DEFAULT_LIMITS.connections, await affordableConnections());
  const check = asking(health, systemClock);
  return openHttpProxy(
    {
      ...options,
      tell: (event) => (keeper?.index ?? 0) === 0 && tell(event),
      certificates: certificates.length === 0 ? null : await Certificates.load(certificates),
      accessLog,
      pools: [{ ...options, name: "", servers, check, times: DEFAULT_TIMES }],
      rules: [],
      limits: { ...DEFAULT_LIMITS, holdMs, connections },
      clock: systemClock,
    },
    // Before the first request: it must not go where an operator wants none to go.
    (proxy) => isState(keeper?.state) && takeUp(proxy, keeper.state),
  );
}

const REPLACED = "another process serves";

/** Resolves when another process serves in the place of this one. */
async function replaced({ keeper, retired }: RunHttpProxyOptions): Promise<string> {
  if (keeper === null) return new Promise(() => undefined);
  await keeper.retired;
  retired();
  return REPLACED;
}

async function controlOf(path: string, proxy: HttpProxy, shared: SharedProxy): ReturnType<typeof serveControl> {
  return serveControl(path, shared).catch(async (error: unknown) => {
    await proxy.close(0);
    throw error;
  });
}

function leadsHere(host: string, listen: Address): boolean {
  const isLoopback = host === "127.0.0.1" || host === "localhost" || host === "::1";
  return host === listen.host || (isLoopback && ["", "0.0.0.0", "::"].includes(listen.host));
}

function askedToEnd(): Promise<string> {
  return new Promise((resolve) => {
    process.once("SIGTERM", () => resolve("SIGTERM"));
    process.once("SIGINT", () => resolve("SIGINT"));
  });
}
