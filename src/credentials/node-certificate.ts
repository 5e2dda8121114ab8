import { createPrivateKey, X509Certificate } from "node:crypto";
import { mkdir } from "node:fs/promises";
import { readIfThere, writeDurably } from "../host/durable-file.ts";
import { UserError } from "../lib/failure.ts";
import type { Authority } from "./authority.ts";
import { newCertificate, type Subject } from "./certificate.ts";
import type { Credentials } from "./credentials.ts";
import { filesOf } from "./files.ts";

/** A node's certificate is valid for so long, and made anew when less than a third of that is left. */
const VALID_DAYS = 90;
const RENEW_DAYS = 30;
const DAY_MS = 24 * 3_600_000;

/**
 * The node's credentials in `directory`, made or made anew where there are none that will do. Each node has files of its own there,
 * readable by their owner alone. Rejects with a {@link UserError} when the directory cannot be used.
 */
export async function nodeCredentials(directory: string, subject: Subject, authority: Authority): Promise<Credentials> {
  await mkdir(directory, { recursive: true, mode: 0o700 }).catch((error: Error) => {
    throw new UserError(`The directory of the credentials cannot be made: ${error.message}`);
  });
  const [caFile, certFile, keyFile] = filesOf(directory, subject.name);
  const there = { cert: await readIfThere(certFile), key: await readIfThere(keyFile) };
  const usableFor = (days: number): Credentials | null => usableOf(there.cert, there.key, subject, authority, days);
  const usable = usableFor(RENEW_DAYS);
  if (usable !== null) return usable;
  const { certificate: cert, key } = await newCertificate(subject, authority, VALID_DAYS);
  try {
    await writeDurably(caFile, authority.certificate);
    await writeDurably(keyFile, key);
    await writeDurably(certFile, cert);
  } catch (error) {
    // A full disk is no reason to do without those that are still good.
    const stillGood = usableFor(0);
    if (stillGood === null) throw error;
    return stillGood;
  }
  return { ca: authority.certificate, cert, key };
}

/** `null`: there is none, it is somebody else's, the authority is another one, or it ends soon. */
function usableOf(
  cert: string | null,
  key: string | null,
  { name, cluster }: Subject,
  authority: Authority,
  days: number,
): Credentials | null {
  if (cert === null || key === null) return null;
  try {
    const own = new X509Certificate(cert);
    const subject = own.subject.split("\n");
    const isOurs =
      subject.includes(`CN=${name}`) &&
      subject.includes(`O=${cluster}`) &&
      own.verify(new X509Certificate(authority.certificate).publicKey) &&
      own.checkPrivateKey(createPrivateKey(key));
    const leftMs = Date.parse(own.validTo) - Date.now();
    return isOurs && leftMs > days * DAY_MS ? { ca: authority.certificate, cert, key } : null;
  } catch {
    return null;
  }
}
