import { UserError } from "../lib/failure.ts";
import type { Config, GroupConfig, RouteConfig } from "./config.ts";

/** The route's own group first, then the others that it leads to. */
export function groupsOfRoute(
  config: Config,
  group: string,
  route: RouteConfig,
): readonly [GroupConfig, ...GroupConfig[]] {
  const named = route.kind === "http" ? route.rules.map((rule) => rule.group) : [];
  const others = [...new Set(named)].filter((name) => name !== group);
  return [groupOf(config, group), ...others.map((name) => groupOf(config, name))];
}

/** Throws a `UserError` when there is no such group. */
export function groupOf(config: Config, group: string): GroupConfig {
  const found = config.groups[group];
  if (found) return found;
  throw new UserError(`There is no group "${group}": the configuration has ${Object.keys(config.groups).join(", ")}`);
}
