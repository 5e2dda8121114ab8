import { join } from "node:path";
import type { Lan } from "../../test/hosts/lan.ts";
import type { Supervised } from "../takeover/supervised.ts";
import { ETCD_PEER_PORT, ETCD_PORT, MEMBERS } from "./place.ts";
import { unitOn } from "./unit.ts";

/** Elections that take a third of a second, not etcd's default of 1 to 2: the hosts are beside each other. */
const PACE = { "heartbeat-interval": "50", "election-timeout": "300" };

/** etcd on a member's host, one of three. */
export function etcdOn(lan: Lan, member: string, logs: string): Supervised {
  const host = lan.host(member);
  const peer = (name: string): string => `http://${lan.host(name).address}:${ETCD_PEER_PORT}`;
  const client = `http://${host.address}:${ETCD_PORT}`;
  const settings = {
    name: member,
    "data-dir": join(host.directory, "etcd"),
    "listen-client-urls": client,
    "advertise-client-urls": client,
    "listen-peer-urls": peer(member),
    "initial-advertise-peer-urls": peer(member),
    "initial-cluster": MEMBERS.map((name) => `${name}=${peer(name)}`).join(","),
    logger: "zap",
    "log-level": "warn",
    ...PACE,
  };
  const args = Object.entries(settings).flatMap(([name, value]) => [`--${name}`, value]);
  return unitOn(host, join(logs, `etcd-${member}.log`), "etcd", args);
}
