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
  readonly leaf: X509Certificate;
  readonly context: SecureContext;
  readonly settings: SecureContextOptions;
}

/** Below TLS 1.2 nothing is safe. */
const OLDEST = "TLSv1.2";

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
    return new Certificates(files, await Promise.all(files.map(read)));
  }

  /** Reads them anew for whoever connects from now on; connections that stand go on. If one is wrong all stay as they are. */
  async reload(): Promise<void> {
    this.#all = await Promise.all(this.#files.map(read));
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

async function read({ cert, key }: CertificateFiles): Promise<Certificate> {
  const settings = { cert: await contentOf(cert), key: await contentOf(key), minVersion: OLDEST } as const;
  try {
    return { leaf: new X509Certificate(settings.cert), context: createSecureContext(settings), settings };
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
