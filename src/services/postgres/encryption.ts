import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { readIfThere, writeDurably } from "../../host/durable-file.ts";
import { processesIn, sendSignal } from "../../host/processes.ts";
import { Failure, UnknownOutcome } from "../../lib/failure.ts";
import { Connection } from "./connection.ts";
import type { DataContext } from "./context.ts";
import { alterSystem, ownLogin, type Place } from "./instance.ts";
import { runDirectory } from "./member-directory.ts";
import { postmasterPid } from "./postmaster.ts";

type Encrypted = Pick<DataContext, "tls" | "memberDirectory" | "account">;

/** The files of a member's server, in the directory that only its account may enter. */
function filesOf(memberDirectory: string): { readonly ca: string; readonly cert: string; readonly key: string } {
  const directory = join(runDirectory(memberDirectory), "tls");
  return { ca: join(directory, "ca.crt"), cert: join(directory, "node.crt"), key: join(directory, "node.key") };
}

/** Writes what the server shows and believes, for its account alone. Nothing is written without credentials. */
export async function writeCertificates({ tls, memberDirectory, account }: Encrypted): Promise<void> {
  if (tls === null) return;
  const owner = { uid: account.uid, gid: account.gid };
  const files = filesOf(memberDirectory);
  await mkdir(join(runDirectory(memberDirectory), "tls"), { recursive: true, mode: 0o711 });
  for (const name of ["ca", "key", "cert"] as const) {
    if ((await readIfThere(files[name])) === tls[name]) continue;
    await writeDurably(files[name], tls[name], owner);
  }
}

/** The server's settings; none without credentials. */
export function serverEncryption({
  tls,
  memberDirectory,
}: Pick<DataContext, "tls" | "memberDirectory">): Readonly<Record<string, string>> {
  if (tls === null) return {};
  const { ca, cert, key } = filesOf(memberDirectory);
  return { ssl: "on", ssl_ca_file: ca, ssl_cert_file: cert, ssl_key_file: key };
}

/** How libpq connects to another member: to nobody but one whose certificate the cluster's authority has signed. None without credentials. */
export function clientEncryption({
  tls,
  memberDirectory,
}: Pick<DataContext, "tls" | "memberDirectory">): Readonly<Record<string, string>> {
  if (tls === null) return {};
  const { ca, cert, key } = filesOf(memberDirectory);
  return { sslmode: "verify-ca", sslrootcert: ca, sslcert: cert, sslkey: key };
}

/**
 * Brings a running server up to date with new certificates, and one that was started without any to encryption. To be called when the
 * driver opens; a server that does not run is left to its next start.
 */
export async function refreshEncryption(place: Place): Promise<void> {
  const pid = place.tls === null ? null : await postmasterPid(place.data);
  if (pid === null || !(await processesIn(place.data)).includes(pid)) return;
  await writeCertificates(place);
  const acting = new Connection(ownLogin(place), place.clock, () => undefined);
  try {
    await turnOn(place, acting);
  } catch (error) {
    // A server that hangs is not held up for it: the next life of the agent asks again, and its next start needs nothing of this.
    if (!(error instanceof Failure || error instanceof UnknownOutcome)) throw error;
  } finally {
    acting.close();
  }
  sendSignal(pid, "SIGHUP");
}

const STATEMENT_MS = 500;

/** What stands on the command line cannot be set, and need not. */
async function turnOn(place: Place, acting: Connection): Promise<void> {
  const rows = await acting.rowsWithin(STATEMENT_MS, { text: "SHOW ssl" });
  if (rows[0]?.[0] === "on") return;
  for (const [name, value] of Object.entries(serverEncryption(place))) await alterSystem({ acting }, name, value);
}
