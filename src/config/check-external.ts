import { nearest } from "../lib/nearest.ts";
import type { GroupConfig } from "./config.ts";
import type { Checked } from "./cross-checks.ts";
import { sentence } from "./explain.ts";
import type { HttpRouteConfig } from "./http-route-config.ts";
import type { Finding, Path } from "./problem.ts";

const NOBODY_RUNS_IT = "nobody of us runs these servers";
const LEFT_OUT = "it left out";

/** Which groups have members, and what needs a store and nodes; where requests may be led. */
export function checkExternal(checked: Checked): readonly Finding[] {
  return Object.values(checked.config.groups).flatMap((group) => {
    const at = ["groups", group.group];
    return [
      ...(group.service.kind === "external" ? checkServers(at, checked, group) : checkMembers(at, checked)),
      ...checkHttpRoutes(at, checked, group),
    ];
  });
}

function checkServers(at: Path, { given }: Checked, { group, checks, routes }: GroupConfig): readonly Finding[] {
  const file = given.groups[group];
  const settings = (["members", "need", "of", "maxLoss"] as const).filter((setting) => file?.[setting] !== undefined);
  const misplaced = settings.map((setting) => finding([...at, setting], meaningless(setting, NOBODY_RUNS_IT)));
  const asksMore = checks.length > 1 || checks[0]?.kind === "composed";
  const several = asksMore ? [finding([...at, "checks"], ONE_CHECK)] : [];
  const others = routes.flatMap(({ kind }, i) => (kind === "http" ? [] : [finding([...at, "routes", i, kind], OTHER)]));
  return [...misplaced, ...several, ...others];
}

const ONE_CHECK = sentence(
  "the proxy asks one question of each server",
  null,
  "one check, such as http: { path: /health }",
);
const OTHER = sentence("external servers can be reached by a route http only", null, "http: { listen: … }");

function checkMembers(at: Path, { given }: Checked): readonly Finding[] {
  const file = given.groups[String(at[1])];
  const missing = (setting: string): Finding =>
    finding(at, sentence(`${setting} is missing, and this group needs it`, null, `${setting}: …`));
  return [
    ...(file?.members === undefined ? [missing("members")] : []),
    ...(given.nodes === undefined ? [missing("nodes")] : []),
    ...(given.store === undefined ? [missing("store")] : []),
  ];
}

function checkHttpRoutes(at: Path, checked: Checked, group: GroupConfig): readonly Finding[] {
  return group.routes.flatMap((route, i) => {
    if (route.kind !== "http") return [];
    const path = [...at, "routes", i, "http"];
    const own = checked.config.groups[group.group];
    const wrong = own === undefined || speaksHttp(own) ? [] : [finding(path, NO_HTTP)];
    return [
      ...wrong,
      ...checkTrust(path, route),
      ...checkRules(path, route, checked),
      ...checkLoop(path, route, group),
    ];
  });
}

function checkTrust(at: Path, { proxyProtocol, trusted }: HttpRouteConfig): readonly Finding[] {
  if (!proxyProtocol || trusted.length > 0) return [];
  const wrong = sentence("proxyProtocol does not say whose headers are believed", null, "trust: [10.0.0.0/8]");
  return [finding([...at, "proxyProtocol"], wrong)];
}

const NO_HTTP = sentence("PostgreSQL speaks no HTTP", null, "proxy: { readWrite: … }");

function checkRules(at: Path, { rules }: HttpRouteConfig, { config }: Checked): readonly Finding[] {
  return rules.flatMap(({ group, host, path }, i) => {
    const to = config.groups[group];
    const where = [...at, "rules", i];
    if (to === undefined) return [unknown([...where, "group"], group, Object.keys(config.groups))];
    if (!speaksHttp(to)) return [finding([...where, "group"], NO_HTTP, "value")];
    const meetsAll = sentence("the rule is met by every request", null, "a host or a path");
    return host === null && path === null ? [finding(where, meetsAll)] : [];
  });
}

function unknown(path: Path, group: string, known: readonly string[]): Finding {
  const wrong = `group names "${group}", which is no group`;
  return finding(path, sentence(wrong, nearest(group, known), `one of ${known.join(", ")}`), "value");
}

/** A proxy that leads to itself. */
function checkLoop(at: Path, { listen }: HttpRouteConfig, { service }: GroupConfig): readonly Finding[] {
  if (service.kind !== "external") return [];
  const itself = `${listen.host}:${listen.port}`;
  const all = [...service.servers, ...service.standbys].map((server) => server.replace(/=.*$/, ""));
  if (!all.includes(itself)) return [];
  return [finding([...at, "listen"], sentence(`${itself} is a server of the group`, null, "another port"), "value")];
}

function speaksHttp({ service }: GroupConfig): boolean {
  return service.kind !== "postgres";
}

function meaningless(setting: string, because: string): string {
  return sentence(`${setting} has no meaning here: ${because}`, null, LEFT_OUT);
}

function finding(path: Path, text: string, part: Finding["part"] = "key"): Finding {
  return { path, part, text };
}
