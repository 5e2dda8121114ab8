import { lookup } from "node:dns/promises";
import { isIP } from "node:net";
import { messageOf, UserError } from "../../lib/failure.ts";
import type { UpstreamConfig } from "./upstream.ts";

/** A server as it is written: `host:port`, a port of this host, or a URL; a weight may follow behind `=`. */
export interface ServerName {
  readonly name: string;
  readonly host: string;
  readonly port: number;
  readonly tier: number;
  readonly weight: number;
}

const SHAPE = /^(?:http:\/\/)?(?:(\[[0-9a-fA-F:.]+\]|[A-Za-z0-9._-]*):)?(\d{1,5})\/?(?:=(\d{1,3}))?$/;
const MAX_PORT = 65_535;

/** Reads what an option says: servers with commas between them. Throws a `UserError` that says what would be right. */
export function readServers(texts: readonly string[], tier: number, option: string): readonly ServerName[] {
  return texts
    .flatMap((text) => text.split(","))
    .filter((text) => text.trim() !== "")
    .map((text) => readServer(text.trim(), tier, option));
}

/** A host and a port to listen at; without a host: at all addresses. */
export function readListen(text: string): { readonly host: string; readonly port: number } {
  const [, host = "", port] = SHAPE.exec(text) ?? [];
  if (port === undefined || !isPort(Number(port)) || text.includes("="))
    throw new UserError(`--listen is "${text}"; expected a port or a host and a port, such as :8080 or 127.0.0.1:8080`);
  return { host: unbracketed(host), port: Number(port) };
}

function readServer(text: string, tier: number, option: string): ServerName {
  if (text.startsWith("https:"))
    throw new UserError(`${option} is "${text}"; servers are reached without TLS: http://…`);
  const [, host = "", port, weight = "1"] = SHAPE.exec(text) ?? [];
  if (port === undefined || !isPort(Number(port)) || Number(weight) === 0)
    throw new UserError(
      `${option} is "${text}"; expected a host and a port, such as 127.0.0.1:9001, and maybe a weight: =3`,
    );
  const name = `${host === "" ? "127.0.0.1" : host}:${port}`;
  return {
    name,
    host: host === "" ? "127.0.0.1" : unbracketed(host),
    port: Number(port),
    tier,
    weight: Number(weight),
  };
}

function isPort(port: number): boolean {
  return port >= 1 && port <= MAX_PORT;
}

function unbracketed(host: string): string {
  return host.replace(/^\[|\]$/g, "");
}

/** Where the servers are. Names are looked up here, so that no request ever waits for that; a name that is unknown is a `UserError`. */
export function findServers(servers: readonly ServerName[]): Promise<readonly UpstreamConfig[]> {
  const names = servers.map(({ name }) => name);
  const twice = names.find((name, at) => names.indexOf(name) !== at);
  if (twice !== undefined) throw new UserError(`The server ${twice} is given twice`);
  return Promise.all(
    servers.map(async ({ name, host, port, tier, weight }) => ({
      name,
      address: { host: await addressOf(host), port },
      tier,
      weight,
      term: 0,
    })),
  );
}

/** Whoever has servers that may move. */
export interface ServerHolder {
  serversOf(pool: string): readonly UpstreamConfig[];
  setServers(servers: readonly UpstreamConfig[], pool: string): void;
}

/** Names that mean another address by now lead there from now on. What cannot be looked up now stays as it is, and so do changes of an operator's. */
export async function lookUpAnew(
  holder: ServerHolder,
  pool: string,
  names: readonly ServerName[],
  log: (text: string) => void,
): Promise<void> {
  const before = holder.serversOf(pool);
  const current = names.filter(({ name }) => before.some((one) => one.name === name));
  try {
    const found = new Map((await findServers(current)).map(({ name, address }) => [name, address]));
    const now = before.map((one) => ({ ...one, address: found.get(one.name) ?? one.address }));
    const isSame = now.every(({ address }, at) => address.host === before[at]?.address.host);
    if (!isSame && holder.serversOf(pool) === before) holder.setServers(now, pool);
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    log(messageOf(error));
  }
}

/** The address of a host; a name that is unknown is a `UserError`. */
export async function addressOf(host: string): Promise<string> {
  if (isIP(host) !== 0) return host;
  try {
    const { address } = await lookup(host, { order: "ipv4first" });
    return address;
  } catch (error) {
    throw new UserError(`Cannot find the host "${host}": ${messageOf(error)}`);
  }
}
