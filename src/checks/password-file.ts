import { readFile, stat } from "node:fs/promises";
import { Failure, messageOf } from "../lib/failure.ts";

/** More than any password. */
const MAX_BYTES = 4096;

/** The password in `file`, without the line's end. Rejects with a {@link Failure}, which never shows it. */
export async function readPassword(file: string): Promise<string> {
  const found = await stat(file).catch((error: unknown) => {
    throw new Failure(`the passwordFile cannot be read: ${messageOf(error)}`);
  });
  if (!found.isFile() || found.size > MAX_BYTES)
    throw new Failure(`the passwordFile "${file}" is no file with one line`);
  if ((found.mode & 0o077) !== 0) throw new Failure(`the passwordFile can be read by others (do: chmod 600 ${file})`);
  const text = await readFile(file, "utf8").catch((error: unknown) => {
    throw new Failure(`the passwordFile cannot be read: ${messageOf(error)}`);
  });
  const password = text.replace(/\r?\n$/, "");
  if (password === "") throw new Failure(`the passwordFile "${file}" is empty: it holds the password, in one line`);
  return password;
}
