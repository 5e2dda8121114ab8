import { copyFile } from "node:fs/promises";
import { constants } from "node:fs";
import { isIP } from "node:net";
import { join } from "node:path";
import type { Address } from "../../config/config.ts";
import { readIfThere, writeDurably } from "../../host/durable-file.ts";
import { processesIn, sendSignal } from "../../host/processes.ts";
import type { DataContext } from "./context.ts";
import { postmasterPid } from "./postmaster.ts";
import { ADMIN_ROLE, REPLICATION_ROLE } from "./secrets.ts";

const BEGIN = "# understudy begin: these lines are replaced whenever the member starts";
const END = "# understudy end";
const DISABLED = "# disabled by Understudy, replication needs a password: ";

/** What decides who may connect. */
export type HbaPlace = Pick<DataContext, "config" | "members" | "data" | "account" | "tls">;

type HbaRules = Pick<HbaPlace, "config" | "members" | "tls">;

/**
 * Our own lines, which stand before all others. Everything needs a password. The administrator comes in
 * by the private socket alone; the members copy and follow from the group's addresses, with credentials encrypted and by
 * their certificates besides the password (never by those alone: a seal rests on the password being gone); in a cluster that
 * we made (`isOurs`) every user may come in from there and from where clients are, in an adopted one the
 * application's user may, and the cluster's own lines decide about the others.
 */
export function hbaLines(place: HbaRules, isOurs: boolean): readonly string[] {
  const { database, user } = place.config;
  const from = addressesOf(Object.values(place.members));
  const clients = isOurs ? "all all" : `${quoted(database)} ${quoted(user)}`;
  const [kind, proof] = place.tls === null ? ["host", ""] : ["hostssl", " clientcert=verify-ca"];
  return [
    BEGIN,
    `local all ${ADMIN_ROLE} scram-sha-256`,
    `host all,replication ${ADMIN_ROLE} all reject`,
    ...from.map((address) => `${kind} postgres,replication ${REPLICATION_ROLE} ${address} scram-sha-256${proof}`),
    `host all,replication ${REPLICATION_ROLE} all reject`,
    ...[...from, ...place.config.clients].map((address) => `host ${clients} ${address} scram-sha-256`),
    END,
  ];
}

/** The text of a pg_hba.conf with our lines at its head in place of those that were there, and the others untouched behind them. */
export function withHbaLines(text: string, place: HbaRules): string {
  const others = otherLines(text);
  const isOurs = others.every((line) => line.trim() === "" || line.trim().startsWith("#"));
  return `${[...hbaLines(place, isOurs), ...others].join("\n").trimEnd()}\n`;
}

/** Brings the pg_hba.conf in the data up to date with the members of the group. To be called before every start. */
export async function writeHba(place: HbaPlace, directory: string = place.data): Promise<void> {
  const file = join(directory, "pg_hba.conf");
  const old = (await readIfThere(file)) ?? "";
  const text = withHbaLines(old, place);
  if (text !== old) await writeDurably(file, text, { uid: place.account.uid, gid: place.account.gid });
}

/**
 * Lets members in that have come into the configuration since the server was started. To be called when the driver
 * opens; a server that does not run is left to its next start.
 */
export async function refreshHba(place: HbaPlace): Promise<void> {
  const [pid, old] = await Promise.all([postmasterPid(place.data), readIfThere(join(place.data, "pg_hba.conf"))]);
  if (pid === null || old === null || !old.includes(BEGIN) || withHbaLines(old, place) === old) return;
  await writeHba(place);
  const running = await processesIn(place.data);
  if (running.includes(pid)) sendSignal(pid, "SIGHUP");
}

/**
 * Adopts the pg_hba.conf of an existing cluster: a copy is kept beside it, lines that let anybody
 * replicate without a password are disabled, all others stay. Returns the lines that still ask
 * for no password, for a warning.
 */
export async function adoptHba(place: HbaPlace): Promise<readonly string[]> {
  const file = join(place.data, "pg_hba.conf");
  const old = (await readIfThere(file)) ?? "";
  if (old !== "" && !old.includes(BEGIN))
    await copyFile(file, `${file}.before-understudy`, constants.COPYFILE_EXCL).catch(() => undefined);
  const others = otherLines(old).map((line) => (trusts(line) && isForReplication(line) ? DISABLED + line : line));
  const text = `${[...hbaLines(place, false), ...others].join("\n").trimEnd()}\n`;
  await writeDurably(file, text, { uid: place.account.uid, gid: place.account.gid });
  return others.filter(trusts);
}

function otherLines(text: string): readonly string[] {
  const lines = text.split("\n");
  const begin = lines.indexOf(BEGIN);
  const end = lines.indexOf(END, begin);
  return begin < 0 || end < 0 ? lines : [...lines.slice(0, begin), ...lines.slice(end + 1)];
}

function trusts(line: string): boolean {
  const fields = line.trim().split(/\s+/);
  const method = fields[0] === "local" ? [3] : [4, 5];
  return /^(local|host\w*)$/.test(fields[0] ?? "") && method.some((index) => fields[index] === "trust");
}

function isForReplication(line: string): boolean {
  return (line.trim().split(/\s+/)[1] ?? "").split(",").includes("replication");
}

/** This host and the members' hosts, each once, in the form of the file. */
function addressesOf(members: readonly Address[]): readonly string[] {
  return [...new Set(["127.0.0.1/32", "::1/128", ...members.map(({ host }) => addressOf(host))])];
}

function addressOf(host: string): string {
  const version = isIP(host);
  return version === 4 ? `${host}/32` : version === 6 ? `${host}/128` : host;
}

function quoted(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}
