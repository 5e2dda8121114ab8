import { join, sep } from "node:path";
import type { Checked } from "./cross-checks.ts";
import { sentence } from "./explain.ts";
import { describePath, type Finding, type Path } from "./problem.ts";
import { areApart } from "./separate-hosts.ts";

interface Place {
  readonly path: Path;
  readonly directory: string;
  readonly node: string;
}

/** The longest path of a Unix socket that both Linux (107) and macOS (103) take. */
const SOCKET_BYTES = 103;

/** No directory is shared with or lies in one that somebody else empties, replaces or locks. */
export function checkDirectories(checked: Checked): readonly Finding[] {
  const nodes = nodePlaces(checked);
  const data = dataPlaces(checked);
  const { store } = checked.config;
  const meet = (a: Place, b: Place): boolean => !areApart(checked.config, a.node, b.node);
  return [
    ...nodes.flatMap(tooLong),
    ...eachPair(nodes, meet),
    ...eachPair(data, meet),
    ...data.flatMap((place) =>
      inForeignNode(
        place,
        nodes.filter((node) => meet(place, node)),
      ),
    ),
    ...(store.kind === "sqlite" ? data.flatMap((place) => holdsStore(place, store.file)) : []),
  ];
}

function nodePlaces({ config }: Checked): readonly Place[] {
  return Object.values(config.nodes).map(({ node, directory }) => ({
    path: ["nodes", node, "directory"],
    directory,
    node,
  }));
}

/** Data directories that the file names; the others lie in their node's directory, by group. */
function dataPlaces({ config, given }: Checked): readonly Place[] {
  return Object.values(config.groups).flatMap(({ group, members }) =>
    Object.values(members)
      .filter(({ member }) => given.groups[group]?.members?.[member]?.data !== undefined)
      .map(({ member, data }) => ({
        path: ["groups", group, "members", member, "data"],
        directory: data,
        node: member,
      })),
  );
}

function tooLong({ path, directory }: Place): readonly Finding[] {
  const socket = join(directory, "agent.sock");
  const bytes = Buffer.byteLength(socket);
  if (bytes <= SOCKET_BYTES) return [];
  const wrong = `the agent's socket "${socket}" would have a path of ${bytes} bytes`;
  return [{ path, part: "value", text: sentence(wrong, null, `at most ${SOCKET_BYTES}: a shorter directory`) }];
}

/** Each place that is, holds or lies in an earlier one of the same machine. */
function eachPair(places: readonly Place[], meet: (a: Place, b: Place) => boolean): readonly Finding[] {
  return places.flatMap((place, i) => {
    const earlier = places.slice(0, i).find((other) => meet(place, other) && overlaps(place, other));
    return earlier === undefined ? [] : [overlap(place, earlier)];
  });
}

/** Data may lie in its own node's directory, not in or around that of another node. */
function inForeignNode(place: Place, nodes: readonly Place[]): readonly Finding[] {
  const wrong = nodes.find((node) =>
    node.node === place.node ? within(node.directory, place.directory) : overlaps(node, place),
  );
  return wrong === undefined ? [] : [overlap(place, wrong)];
}

function overlaps(a: Place, b: Place): boolean {
  return within(a.directory, b.directory) || within(b.directory, a.directory);
}

function holdsStore(place: Place, store: string): readonly Finding[] {
  if (!within(store, place.directory)) return [];
  const wrong = `the store "${store}" lies in the data directory of ${describePath(place.path)}, which may be replaced`;
  return [{ path: ["store", "sqlite"], part: "value", text: sentence(wrong, null, "a place of its own") }];
}

function overlap(place: Place, other: Place): Finding {
  const same = place.directory === other.directory;
  const how = same ? "is also" : within(place.directory, other.directory) ? "lies within" : "contains";
  const what = same ? describePath(other.path) : `"${other.directory}" of ${describePath(other.path)}`;
  return {
    path: place.path,
    part: "value",
    text: sentence(`"${place.directory}" ${how} ${what}`, null, "a directory of its own"),
  };
}

/** Whether `inner` is `outer` or lies in it. */
function within(inner: string, outer: string): boolean {
  return inner === outer || inner.startsWith(outer.endsWith(sep) ? outer : outer + sep);
}
