import type { GroupConfig } from "./config.ts";
import { sentence } from "./explain.ts";
import type { Finding, Path } from "./problem.ts";
import { addressesOfRoute } from "./route-addresses.ts";
import type { FileConfig } from "./schema.ts";

type FileGroup = FileConfig["groups"][string];

const NOTHING_KEPT = "a process keeps nothing that a takeover could lose";

/** What a group whose service keeps no data cannot have. */
export function checkProcesses(at: Path, file: FileGroup, group: GroupConfig): readonly Finding[] {
  if (group.service.kind !== "process" && group.service.kind !== "systemd") return [];
  const isSet = (setting: "need" | "of" | "maxLoss"): boolean => file[setting] !== undefined;
  const durability = (["need", "of", "maxLoss"] as const)
    .filter(isSet)
    .map((setting) => misplaced([...at, setting], setting, NOTHING_KEPT));
  const lossless =
    file.lossless === "strict" ? [] : [misplaced([...at, "lossless"], `lossless: ${file.lossless}`, NOTHING_KEPT)];
  return [...durability, ...lossless, ...checkTells(at, file), ...checkMembers(at, file), ...checkReaders(at, group)];
}

/** Only what runs as a standby can be told to become something else. */
function checkTells(at: Path, { service }: FileGroup): readonly Finding[] {
  const kind = service.process === undefined ? "systemd" : "process";
  if (service[kind]?.standby !== "cold") return [];
  return (["promote", "demote"] as const)
    .filter((setting) => service[kind]?.[setting] !== undefined)
    .map((setting) => misplaced([...at, "service", kind, setting], setting, "a cold standby does not run"));
}

function checkMembers(at: Path, { members }: FileGroup): readonly Finding[] {
  return Object.entries(members ?? {}).flatMap(([name, member]) =>
    (["follows", "delay", "data"] as const)
      .filter((setting) => member[setting] !== undefined)
      .map((setting) => misplaced([...at, "members", name, setting], setting, "a process has no data to copy")),
  );
}

/** Only a hot standby answers. */
function checkReaders(at: Path, { service, routes }: GroupConfig): readonly Finding[] {
  if ((service.kind !== "process" && service.kind !== "systemd") || service.standby === "hot") return [];
  const because = `a ${service.standby} standby answers nobody; only standby: hot has readers`;
  return routes.flatMap((route, i) =>
    addressesOfRoute(route)
      .filter(({ reads }) => reads)
      .map(({ setting }) => misplaced([...at, "routes", i, route.kind, setting], setting, because)),
  );
}

function misplaced(path: Path, setting: string, because: string): Finding {
  return { path, part: "key", text: sentence(`${setting} has no meaning here: ${because}`, null, "it left out") };
}
