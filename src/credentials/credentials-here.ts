import { readFile } from "node:fs/promises";
import type { Config } from "../config/config.ts";
import type { Credentials } from "./credentials.ts";
import { filesOf } from "./files.ts";

/** The credentials of a node of this host that this user can read; `null`: there are none. */
export async function credentialsHere({ credentials, nodes }: Config): Promise<Credentials | null> {
  if (credentials === null) return null;
  for (const node of Object.keys(nodes)) {
    const texts = await Promise.all(filesOf(credentials, node).map((file) => readFile(file, "utf8"))).catch(() => null);
    const [ca, cert, key] = texts ?? [];
    if (ca !== undefined && cert !== undefined && key !== undefined) return { ca, cert, key };
  }
  return null;
}
