import { readFileSync, statSync } from "node:fs";
import { createSecureContext, type SecureContext } from "node:tls";
import type { EtcdConfig } from "../../config/config.ts";
import { Failure, messageOf } from "../../lib/failure.ts";

/** How connections are protected, from the files that `tls` names. Throws a `Failure` that says what is wrong with one. */
export function secureContextOf({ tls }: EtcdConfig): SecureContext | null {
  if (tls === null) return null;
  if (tls.key !== null) checkMode("tls.key", tls.key, 0o007);
  const files = (["ca", "cert", "key"] as const).flatMap((name) => {
    const file = tls[name];
    return file === null ? [] : [[name, contentOf(`tls.${name}`, file)] as const];
  });
  try {
    return createSecureContext(Object.fromEntries(files));
  } catch (error) {
    throw new Failure(
      `The certificates of store.etcd.tls cannot be used: ${messageOf(error)}. All three are files in PEM format, and \`key\` belongs to \`cert\`.`,
    );
  }
}

/** The password in `file`, without the line's end. Throws a `Failure`, which never shows it. */
export function passwordOf(file: string): string {
  checkMode("passwordFile", file, 0o077);
  const password = contentOf("passwordFile", file)
    .toString("utf8")
    .replace(/\r?\n$/, "");
  if (password === "")
    throw new Failure(`"${file}" (store.etcd.passwordFile) is empty: it holds the password, in one line.`);
  return password;
}

function contentOf(setting: string, file: string): Buffer {
  try {
    return readFileSync(file);
  } catch (error) {
    throw new Failure(`The file of store.etcd.${setting} cannot be read: ${messageOf(error)}`);
  }
}

/** Whoever reads it could speak for us. */
function checkMode(setting: string, file: string, forbidden: number): void {
  const mode = (statSync(file, { throwIfNoEntry: false })?.mode ?? 0) & 0o777;
  if ((mode & forbidden) !== 0)
    throw new Failure(
      `"${file}" (store.etcd.${setting}) can be read by others (mode ${mode.toString(8)}). Do: chmod 600 ${file}`,
    );
}
