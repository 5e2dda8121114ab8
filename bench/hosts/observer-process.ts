import { invariant } from "../../src/lib/failure.ts";
import { Connection } from "../../src/quickstart/client/connection.ts";
import { answerCalls } from "../client/process-calls.ts";
import { Witness } from "../client/witness.ts";
import { leaderOf, makeLeader } from "./etcd-leader.ts";
import type { ObserverRequest } from "./observer-messages.ts";
import { openSight, type Sight } from "./sight.ts";

/* Looks at the group from the clients' host: in the store, and by asking every server directly. */

const PREPARE_MS = 10_000;

let sight: Sight | null = null;
let witness: Witness | null = null;

async function answer(request: ObserverRequest): Promise<unknown> {
  switch (request.do) {
    case "open":
      sight = await openSight(request.observed);
      return null;
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
      invariant(sight !== null, "the observer has begun to look");
      return sight[request.do]();
  }
}

answerCalls(answer);
