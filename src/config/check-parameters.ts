import type { GroupConfig } from "./config.ts";
import { sentence } from "./explain.ts";
import type { Finding, Path } from "./problem.ts";

/** Settings of the server that failover itself makes, and what makes them. */
const OURS: Readonly<Record<string, string>> = {
  port: "the member's address",
  listen_addresses: "the member's address",
  data_directory: "the member's data",
  config_file: "the member's data",
  hba_file: "the member's data",
  cluster_name: "the member's name",
  synchronous_standby_names: "lossless, need and of",
  primary_conninfo: "whoever is primary",
  primary_slot_name: "whoever is primary",
  recovery_target_timeline: "whoever is primary",
  hot_standby: "Understudy, which needs it on",
  restart_after_crash: "Understudy, which needs it off",
  wal_log_hints: "Understudy, which needs it on",
  full_page_writes: "Understudy, which needs it on",
};

/** Values with which the server acknowledges what it may lose. */
const LOSING: Readonly<Record<string, { readonly good: readonly string[] }>> = {
  fsync: { good: ["on", "true", "yes", "1"] },
  synchronous_commit: { good: ["on", "remote_apply"] },
  wal_level: { good: ["replica", "logical"] },
};

/** Settings of the server that would break what Understudy promises. */
export function checkParameters(at: Path, { service, durability }: GroupConfig): readonly Finding[] {
  if (service.kind !== "postgres") return [];
  return Object.entries(service.parameters).flatMap(([name, value]): readonly Finding[] => {
    const path = [...at, name];
    const maker = OURS[name.toLowerCase()];
    if (maker !== undefined) {
      const text = sentence(`"${name}" cannot be set here: it comes from ${maker}`, null, "it left out");
      return [{ path, part: "key", text }];
    }
    const good = LOSING[name.toLowerCase()]?.good;
    const matters = durability.lossless !== "off" || name.toLowerCase() === "wal_level";
    if (good === undefined || !matters || good.includes(value.toLowerCase())) return [];
    const wrong = `${name}: ${value} breaks lossless: ${durability.lossless}`;
    return [{ path, part: "value", text: sentence(wrong, null, `one of ${good.join(", ")}`) }];
  });
}
