import type { Checked } from "./cross-checks.ts";
import { sentence } from "./explain.ts";
import { describePath, type Finding, type Path } from "./problem.ts";

/** What belongs together in etcd's settings, and the key that no agent may make for the others. */
export function checkStore({ given, config }: Checked): readonly Finding[] {
  const etcd = given.store?.etcd;
  if (etcd === undefined) return [];
  const at: Path = ["store", "etcd"];
  const tls: Path = [...at, "tls"];
  return [
    ...withoutOther(etcd.tls?.cert, etcd.tls?.key, tls, "cert", "key"),
    ...withoutOther(etcd.tls?.key, etcd.tls?.cert, tls, "key", "cert"),
    ...withoutOther(etcd.user, etcd.passwordFile, at, "user", "passwordFile"),
    ...withoutOther(etcd.passwordFile, etcd.user, at, "passwordFile", "user"),
    ...withoutKey({ given, config }),
  ];
}

function withoutOther(
  one: string | undefined,
  other: string | undefined,
  at: Path,
  name: string,
  missing: string,
): readonly Finding[] {
  if (one === undefined || other !== undefined) return [];
  const text = sentence(`${name} has no meaning without ${missing}`, null, `${missing} in ${describePath(at)}, too`);
  return [{ path: [...at, name], part: "key", text }];
}

/** Agents on several machines cannot share a file that one of them makes. */
function withoutKey({ given, config }: Checked): readonly Finding[] {
  const first = Object.values(config.nodes).find(({ heartbeat }) => heartbeat !== null);
  if (first === undefined || given.heartbeats.key !== undefined || config.credentials !== null) return [];
  const text = sentence(
    "heartbeat needs a key that all nodes share, since the store is etcd",
    null,
    "credentials, or the file of one in heartbeats.key (`openssl rand -hex 32`)",
  );
  return [{ path: ["nodes", first.node, "heartbeat"], part: "key", text }];
}
