import type { Checked } from "./cross-checks.ts";
import { sentence } from "./explain.ts";
import type { Finding } from "./problem.ts";

/** What only makes sense with certificates, and what those decide themselves. */
export function checkCredentials({ given, config }: Checked): readonly Finding[] {
  return config.credentials === null ? peersWithout(config) : encryptedOtherwise(given);
}

/** Nobody could be known there. */
function peersWithout({ nodes }: Checked["config"]): readonly Finding[] {
  return Object.values(nodes)
    .filter(({ peer }) => peer !== null)
    .map(({ node }) => ({
      path: ["nodes", node, "peer"],
      part: "key",
      text: sentence("peer has no meaning without credentials", null, "credentials: DIRECTORY at the top of the file"),
    }));
}

/** The server's own certificate is the node's: the members would not know another one. */
function encryptedOtherwise({ groups }: Checked["given"]): readonly Finding[] {
  return Object.entries(groups).flatMap(([group, { service }]) =>
    Object.keys(service.postgres?.parameters ?? {})
      .filter((name) => /^ssl(_(ca|cert|key|crl)_(file|dir))?$/i.test(name))
      .map((name) => ({
        path: ["groups", group, "service", "postgres", "parameters", name],
        part: "key" as const,
        text: sentence(`${name} follows from credentials and cannot be set besides`, null, "no such parameter"),
      })),
  );
}
