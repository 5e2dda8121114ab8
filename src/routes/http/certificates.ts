import { X509Certificate } from "node:crypto";
import { readFile } from "node:fs/promises";
import { createSecureContext, type SecureContext, type SecureContextOptions } from "node:tls";
import { messageOf, UserError } from "../../lib/failure.ts";

/** Where a certificate (with its chain) and its key are, in PEM. */
export interface CertificateFiles {
  readonly cert: string;
  readonly key: string;
}

interface Certificate {
  readonly file: string;
  readonly leaf: X509Certificate;
  readonly context: SecureContext;
  readonly settings: SecureContextOptions;
}

/** Below TLS 1.2 nothing is safe. */
const OLDEST = "TLSv1.2";

/** So long before the end somebody should have renewed it. */
const SOON_MS = 14 * 24 * 3600 * 1000;

/** The certificates that clients are shown, by the name that they ask for. */
export class Certificates {
  readonly #files: readonly CertificateFiles[];
  #all: readonly Certificate[];

  private constructor(files: readonly CertificateFiles[], all: readonly Certificate[]) {
    this.#files = files;
    this.#all = all;
  }

  /** Reads them. Throws a `UserError` that names the file. */
  static async load(files: readonly CertificateFiles[]): Promise<Certificates> {
    return new Certificates(files, await Promise.all(files.map(readPair)));
  }

  /** Reads them anew for whoever connects from now on; connections that stand go on. If one is wrong, or has
   * expired where the one before has not, all stay as they are: a `UserError`. */
  async reload(): Promise<void> {
    const read = await Promise.all(this.#files.map(readPair));
    const nowMs = Date.now();
    const expired = read.find(
      ({ leaf }, at) => isExpired(leaf, nowMs) && !isExpired(this.#all[at]?.leaf ?? leaf, nowMs),
    );
    if (expired !== undefined) throw new UserError(`${problemOf(expired, nowMs)}; the one before is not`);
    this.#all = read;
  }

  /** Those that have expired, or are about to, a sentence each. */
  problems(nowMs: number): readonly string[] {
    return this.#all.map((one) => problemOf(one, nowMs)).filter((problem) => problem !== "");
  }

  /** What clients are shown that give no name. */
  get first(): SecureContextOptions {
    return this.#all[0]?.settings ?? {};
  }

  /** The first one for this name; for a name that none has, the first of all. */
  of(servername: string): SecureContext | undefined {
    const found = this.#all.find(({ leaf }) => leaf.checkHost(servername) !== undefined);
    return (found ?? this.#all[0])?.context;
  }
}

function isExpired(leaf: X509Certificate, nowMs: number): boolean {
  return leaf.validToDate.getTime() < nowMs;
}

/** Empty: none. */
function problemOf({ file, leaf }: Certificate, nowMs: number): string {
  const endMs = leaf.validToDate.getTime();
  if (isExpired(leaf, nowMs)) return `the certificate ${file} expired on ${dayOf(leaf)}: clients refuse it`;
  if (leaf.validFromDate.getTime() > nowMs) return `the certificate ${file} is not valid yet: clients refuse it`;
  if (endMs > nowMs + SOON_MS) return "";
  return `the certificate ${file} expires on ${dayOf(leaf)}; renew it, then send SIGHUP`;
}

function dayOf({ validToDate }: X509Certificate): string {
  return validToDate.toISOString().slice(0, 10);
}

async function readPair({ cert, key }: CertificateFiles): Promise<Certificate> {
  const settings = { cert: await contentOf(cert), key: await contentOf(key), minVersion: OLDEST } as const;
  try {
    return { file: cert, leaf: new X509Certificate(settings.cert), context: createSecureContext(settings), settings };
  } catch (error) {
    throw new UserError(`${cert} and ${key} are no certificate with its key: ${messageOf(error)}`);
  }
}

async function contentOf(file: string): Promise<string> {
  try {
    return await readFile(file, "utf8");
  } catch (error) {
    throw new UserError(`Cannot read ${file}: ${messageOf(error)}`);
  }
}
