import { systemClock } from "../../src/agent/system-clock.ts";
import { loadConfig } from "../../src/config/load.ts";
import { Failure, invariant } from "../../src/lib/failure.ts";
import { Connection } from "../../src/quickstart/client/connection.ts";
import { GroupWatch, whatIsMissing } from "../../src/quickstart/group-watch.ts";
import { openStore } from "../../src/store/open-store.ts";
import { answerCalls } from "../client/process-calls.ts";
import { Witness } from "../client/witness.ts";
import { leaderOf, makeLeader } from "./etcd-leader.ts";
import type { ObserverRequest } from "./observer-messages.ts";

/* Looks at the group from the clients' host: in the store, and by asking every server directly. */

const PREPARE_MS = 10_000;

let isAsynchronous = false;
let watch: GroupWatch | null = null;
let witness: Witness | null = null;

async function answer(request: ObserverRequest): Promise<unknown> {
  switch (request.do) {
    case "open": {
      const config = await loadConfig(request.file);
      isAsynchronous = config.groups[request.group]?.durability.lossless === "off";
      const members = Object.keys(config.groups[request.group]?.members ?? {});
      watch = new GroupWatch(await openStore(config.store), systemClock, request.group, members);
      return null;
    }
    case "prepare": {
      const connection = await Connection.open(request.target, "preparation", PREPARE_MS);
      await Witness.createTable(connection);
      connection.close();
      return null;
    }
    case "witness":
      witness = new Witness(request.members);
      return null;
    case "end-witness": {
      await witness?.stop();
      return witness?.writes ?? [];
    }
    case "leader":
      return leaderOf(request.endpoints);
    case "lead":
      await makeLeader(request.endpoints, request.member);
      return null;
    default:
      return looked(request.do);
  }
}

async function looked(what: "record" | "events" | "missing"): Promise<unknown> {
  invariant(watch !== null, "the observer has opened the store");
  if (what === "events") return watch.events();
  const sight = await watch.look();
  if (what === "missing") return whatIsMissing(sight, isAsynchronous);
  if (sight.record === null) throw new Failure("The group has not been founded.");
  return sight.record;
}

answerCalls(answer);
