import { nearest } from "../lib/nearest.ts";
import { checkChecks } from "./check-checks.ts";
import { checkKernelRoutes } from "./check-kernel-routes.ts";
import { checkObservers } from "./check-observers.ts";
import { checkParameters } from "./check-parameters.ts";
import { checkProcesses } from "./check-processes.ts";
import type { GroupConfig } from "./config.ts";
import type { Checked } from "./cross-checks.ts";
import { sentence } from "./explain.ts";
import type { Finding, Path } from "./problem.ts";
import type { FileConfig } from "./schema.ts";

type FileGroup = FileConfig["groups"][string];

/** Members, commit rules and routes of each group make sense together. */
export function checkGroups({ given, config }: Checked): readonly Finding[] {
  const groups = Object.values(config.groups).flatMap((group) => {
    const at = ["groups", group.group];
    const file = given.groups[group.group] as FileGroup;
    return [
      ...unknownNames(at, "members", Object.keys(group.members), Object.keys(config.nodes), "node"),
      ...checkDurability(at, file, group),
      ...checkPriorities(at, group),
      ...checkObservers(at, group),
      ...checkProcesses(at, file, group),
      ...checkChecks([...at, "checks"], file.checks, group),
      ...checkKernelRoutes(at, group),
      ...checkParameters([...at, "service", "postgres", "parameters"], group),
    ];
  });
  return [...groups, ...checkRouteNames(Object.values(config.groups))];
}

function unknownNames(
  at: Path,
  setting: string,
  names: readonly string[],
  known: readonly string[],
  what: string,
): readonly Finding[] {
  return names.flatMap((name, i) => {
    if (known.includes(name)) return [];
    const wrong = `${setting} names "${name}", which is no ${what}`;
    const path = setting === "members" ? [...at, setting, name] : [...at, setting, i];
    return [{ path, part: "key" as const, text: sentence(wrong, nearest(name, known), `one of ${known.join(", ")}`) }];
  });
}

function checkDurability(at: Path, file: FileGroup, group: GroupConfig): readonly Finding[] {
  if (group.service.kind !== "postgres") return [];
  if (group.durability.lossless === "off") return checkOff(at, file);
  const members = Object.keys(group.members);
  const findings: Finding[] = [...unknownNames(at, "of", file.of ?? [], members, "member")];
  if (file.maxLoss !== undefined)
    findings.push(
      misplaced(at, "maxLoss", `with lossless: ${file.lossless} nothing may be lost`, "it with lossless: off only"),
    );
  if (findings.length === 0) findings.push(...checkNeed(at, file, group, group.durability));
  return findings;
}

function checkOff(at: Path, file: FileGroup): readonly Finding[] {
  const findings: Finding[] = [];
  if (file.maxLoss === undefined) {
    const expected = "how much a takeover may lose by itself, such as maxLoss: 16MB";
    findings.push({
      path: [...at, "lossless"],
      part: "key",
      text: sentence("lossless: off needs maxLoss", null, expected),
    });
  }
  for (const setting of ["need", "of"] as const)
    if (file[setting] !== undefined)
      findings.push(
        misplaced(at, setting, "with lossless: off no write waits for standbys", "it with strict or preferred only"),
      );
  return findings;
}

function misplaced(at: Path, setting: string, because: string, expected: string): Finding {
  return {
    path: [...at, setting],
    part: "key",
    text: sentence(`${setting} has no meaning here: ${because}`, null, expected),
  };
}

/** Whoever is primary, enough other copies must be able to acknowledge. */
function checkNeed(
  at: Path,
  file: FileGroup,
  group: GroupConfig,
  { need, of }: { readonly need: number; readonly of: readonly string[] },
): readonly Finding[] {
  const barred = of.find((name) => group.members[name]?.priority === 0);
  if (barred !== undefined) {
    const because = `"${barred}" has priority 0: the only copy of a write could be one that may not take over`;
    return [{ path: [...at, "of"], part: "value", text: sentence(because, null, "members with a priority above 0") }];
  }
  const able = Object.values(group.members).filter((member) => member.priority > 0);
  const worst = able.find(({ member }) => of.filter((name) => name !== member).length < need);
  if (worst === undefined) return [];
  const others = of.filter((name) => name !== worst.member).length;
  const wrong = `need: ${need} can never be met while "${worst.member}" is primary: ${others === 0 ? "nobody else counts" : `only ${others} other${others === 1 ? "" : "s"} count`}`;
  const expected = others === 0 ? "more members, or lossless: off" : `at most ${others}, or more members`;
  const setting = file.need === undefined ? "members" : "need";
  return [{ path: [...at, setting], part: "value", text: sentence(wrong, null, expected) }];
}

function checkPriorities(at: Path, group: GroupConfig): readonly Finding[] {
  const members = Object.values(group.members);
  if (members.length === 0 || members.some((member) => member.priority > 0)) return [];
  const text = sentence(
    "no member may become primary: all have priority 0",
    null,
    "a priority above 0 for one at least",
  );
  return [{ path: [...at, "members"], part: "key", text }];
}

function checkRouteNames(groups: readonly GroupConfig[]): readonly Finding[] {
  const all = groups.flatMap((group) =>
    group.routes.map((route, i) => ({
      name: route.name,
      path: ["groups", group.group, "routes", i, route.kind, "name"],
    })),
  );
  return all.flatMap(({ name, path }, i) => {
    if (!all.slice(0, i).some((other) => other.name === name)) return [];
    return [
      {
        path,
        part: "value" as const,
        text: sentence(`another route is named "${name}" already`, null, "a name of its own"),
      },
    ];
  });
}
