import { readFile } from "node:fs/promises";
import { Failure } from "../../lib/failure.ts";
import type { Target } from "./connection.ts";

/** Adds the password that a file in PostgreSQL's own format (`host:port:database:user:password`) has for `where`. */
export async function withPassword(where: Omit<Target, "password">, file: string): Promise<Target> {
  const text = await readFile(file, "utf8").catch((error: Error) => {
    throw new Failure(`Cannot read the password file "${file}": ${error.message}`);
  });
  const password = passwordFor(where, text);
  if (password === null)
    throw new Failure(
      `The password file "${file}" has no line for ${where.user} at ${where.host}:${where.port}/${where.database}.`,
    );
  return { ...where, password };
}

/** The password of the first line that fits; `*` fits all. `null`: none does. */
export function passwordFor(where: Omit<Target, "password">, text: string): string | null {
  const wanted = [where.host, String(where.port), where.database, where.user];
  for (const line of text.split("\n")) {
    if (line === "" || line.startsWith("#")) continue;
    const fields = fieldsOf(line);
    if (fields.length >= 5 && wanted.every((value, i) => fields[i] === "*" || fields[i] === value))
      return fields.slice(4).join(":");
  }
  return null;
}

/** Splits at colons that have no backslash before them, and takes the backslashes away. */
function fieldsOf(line: string): readonly string[] {
  const fields = line.match(/(?:\\.|[^:\\])*(?::|$)/g) ?? [];
  return fields.slice(0, -1).map((field) => field.replace(/:$/, "").replace(/\\(.)/g, "$1"));
}
