import type { Checked } from "./cross-checks.ts";
import { sentence } from "./explain.ts";
import type { Finding } from "./problem.ts";

/** Heartbeats are for all nodes or for none, and the times have one source. */
export function checkHeartbeats({ given, config }: Checked): readonly Finding[] {
  return [...someWithout(config), ...keyForNobody({ given, config }), ...twoLeases(given)];
}

/** A node without would look dead to all others. */
function someWithout({ nodes }: Checked["config"]): readonly Finding[] {
  const all = Object.values(nodes);
  const first = all.find(({ heartbeat }) => heartbeat !== null);
  if (first === undefined) return [];
  return all
    .filter(({ heartbeat }) => heartbeat === null)
    .map(({ node }) => ({
      path: ["nodes", node, "heartbeat"],
      part: "key",
      text: sentence(
        `heartbeat is missing here, and "${first.node}" has one`,
        null,
        "an address for heartbeats in all nodes or in none",
      ),
    }));
}

function keyForNobody({ given, config }: Checked): readonly Finding[] {
  const isUsed = Object.values(config.nodes).some(({ heartbeat }) => heartbeat !== null);
  if (given.heartbeats.key === undefined || isUsed) return [];
  const text = sentence(
    "key has no meaning here: no node has an address for heartbeats",
    null,
    "heartbeat in each node",
  );
  return [{ path: ["heartbeats", "key"], part: "key", text }];
}

function twoLeases({ takeover }: Checked["given"]): readonly Finding[] {
  if (takeover.profile === undefined || takeover.lease === undefined) return [];
  const wrong = `lease: ${takeover.lease} and profile: ${takeover.profile} both say how long the lease is`;
  return [{ path: ["takeover", "lease"], part: "key", text: sentence(wrong, null, "one of the two") }];
}
