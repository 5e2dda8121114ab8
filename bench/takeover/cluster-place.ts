import { chmod, mkdtemp, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { stringify } from "yaml";
import { freePorts } from "./free-ports.ts";

export const GROUP = "bench";
export const MEMBERS = ["a", "b", "c"] as const;

/** With which durability a cluster runs. */
export type Mode = "strict" | "preferred" | "off";

/** Where a cluster of the bench is. */
export interface ClusterPlace {
  /** Everything is below it, and every process works in it or below. */
  readonly root: string;
  /** The configuration's file. */
  readonly file: string;
  readonly memberPorts: Readonly<Record<string, number>>;
  readonly readWritePort: number;
}

/** Makes a directory under `parent` with the configuration of three members on free ports. */
export async function makePlace(parent: string, mode: Mode): Promise<ClusterPlace> {
  const root = await mkdtemp(join(parent, "understudy-bench-"));
  await chmod(root, 0o711);
  const [a, b, c, readWrite, readOnly] = await freePorts(5);
  const memberPorts = { a: a as number, b: b as number, c: c as number };
  const file = join(root, "bench.yaml");
  await writeFile(file, stringify(configuration(mode, memberPorts, readWrite as number, readOnly as number)));
  return { root, file, memberPorts, readWritePort: readWrite as number };
}

function configuration(
  mode: Mode,
  ports: Readonly<Record<string, number>>,
  readWrite: number,
  readOnly: number,
): unknown {
  const each = <T>(of: (member: string) => T): Record<string, T> =>
    Object.fromEntries(MEMBERS.map((member) => [member, of(member)]));
  return {
    cluster: "bench",
    store: { sqlite: "store.db" },
    nodes: each((member) => ({ directory: `nodes/${member}` })),
    groups: {
      [GROUP]: {
        service: { postgres: { parameters: { max_connections: 300 } } },
        lossless: mode,
        need: 1,
        members: each((member) => ({ address: `127.0.0.1:${ports[member]}` })),
        routes: [{ proxy: { readWrite: `127.0.0.1:${readWrite}`, readOnly: `127.0.0.1:${readOnly}` } }],
      },
    },
    takeover: { lease: "2s" },
  };
}
