import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";

/** Certificates of a test, made by OpenSSL in one directory. */
export class Certificates {
  readonly #directory: string;

  constructor(directory: string) {
    this.#directory = directory;
    for (const name of ["ca", "stranger"]) this.#makeAuthority(name);
    this.#sign("server", "ca", ["-days", "2"]);
    this.#sign("client", "ca", ["-days", "2"]);
    this.#sign("expired", "ca", ["-startdate", "20200101000000Z", "-enddate", "20200102000000Z"]);
    this.#sign("foreign", "stranger", ["-days", "2"]);
  }

  /** The file of `name`'s certificate. */
  cert(name: string): string {
    return join(this.#directory, `${name}.crt`);
  }

  key(name: string): string {
    return join(this.#directory, `${name}.key`);
  }

  #makeAuthority(name: string): void {
    this.#openssl("req", "-x509", ...this.#newKey(name), "-days", "2", "-subj", `/CN=${name}`, "-out", this.cert(name));
  }

  /** Good for 127.0.0.1, as a server and as a client. */
  #sign(name: string, by: string, validity: readonly string[]): void {
    const request = join(this.#directory, `${name}.csr`);
    const settings = join(this.#directory, `${name}.cnf`);
    const database = join(this.#directory, `${name}.db`);
    writeFileSync(database, "");
    writeFileSync(
      settings,
      [
        "[ca]\ndefault_ca = own\n[own]",
        `database = ${database}\nnew_certs_dir = ${this.#directory}\nrand_serial = yes`,
        "default_md = sha256\npolicy = any\nx509_extensions = leaf\nunique_subject = no",
        "[any]\ncommonName = supplied\n[leaf]",
        "subjectAltName = IP:127.0.0.1\nextendedKeyUsage = serverAuth, clientAuth\n",
      ].join("\n"),
    );
    this.#openssl("req", "-new", ...this.#newKey(name), "-subj", `/CN=${name}`, "-out", request);
    const signer = ["-cert", this.cert(by), "-keyfile", this.key(by)];
    this.#openssl(
      "ca",
      "-batch",
      "-notext",
      "-config",
      settings,
      ...signer,
      ...validity,
      "-in",
      request,
      "-out",
      this.cert(name),
    );
  }

  #newKey(name: string): readonly string[] {
    return ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", this.key(name)];
  }

  #openssl(...args: readonly string[]): void {
    execFileSync("openssl", args, { stdio: "pipe" });
  }
}
