import type { Operation, OperationResult } from "../api/agent-port.ts";
import type { EventKind } from "../core/event.ts";
import { keys } from "../core/keys.ts";
import { operate, type Answer, type Asked } from "../core/operations.ts";
import type { GroupRecord } from "../core/record.ts";
import type { MemberReport } from "../core/session.ts";
import { Failure, UnknownOutcome } from "../lib/failure.ts";
import type { Store } from "../store/store.ts";
import type { EventLog } from "./event-log.ts";
import { parsedRecord } from "./record-reader.ts";

/** As often a change is tried when somebody else's came first. */
const ATTEMPTS = 8;

const EVENTS: Readonly<Record<Operation["do"], EventKind>> = {
  switchover: "switchover",
  failover: "loss-accepted",
  pause: "paused",
  resume: "resumed",
  reinit: "reinit",
};

/** What the agent that was asked knows of the group. */
export interface Known {
  readonly reports: Readonly<Record<string, MemberReport>>;
  /** The members that never become primary. */
  readonly barred: readonly string[];
  /** Why a record, as the store shows it, cannot be believed; `null`: it can. */
  readonly doubt: (record: GroupRecord) => string | null;
}

/** Writes an operator's wish into the record, or says why not. A store that went back in time is not changed. */
export async function askFor(
  store: Store,
  operation: Operation,
  asked: Asked,
  known: Known,
  events: EventLog,
): Promise<OperationResult> {
  try {
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      const result = await tryOnce(store, operation, asked, known, events);
      if (result !== null) return result;
    }
    return { outcome: "unavailable", text: "The record kept changing; ask again" };
  } catch (error) {
    if (error instanceof UnknownOutcome)
      return {
        outcome: "unavailable",
        text: `Nobody knows whether it was accepted: ${error.message}. Look at the status before you ask again`,
      };
    if (error instanceof Failure)
      return { outcome: "unavailable", text: `The store does not answer: ${error.message}. Nothing was changed` };
    throw error;
  }
}

/** `null`: somebody else's change came first. */
async function tryOnce(
  store: Store,
  operation: Operation,
  asked: Asked,
  known: Known,
  events: EventLog,
): Promise<OperationResult | null> {
  const key = keys.group(operation.group);
  const [entry] = await store.read([key]);
  const record = parsedRecord(entry);
  if (record === null || entry === undefined)
    return {
      outcome: "refused",
      text: `Group "${operation.group}" does not exist yet: its first member has not founded it`,
    };
  const doubt = known.doubt(record);
  if (doubt !== null) return { outcome: "refused", text: doubt };
  const answer: Answer = operate(record, operation, asked, known.reports, known.barred);
  if (answer.outcome !== "accepted") return answer;
  const { applied } = await store.transact({
    expect: [{ key, revision: entry.revision }],
    write: [{ key, value: JSON.stringify(answer.record) }],
  });
  if (!applied) return null;
  events.tell({
    term: record.term,
    kind: EVENTS[operation.do],
    rule: "",
    because: `${operation.by}: ${answer.text}`,
    details: { id: asked.id },
  });
  return { outcome: "accepted", text: answer.text, id: asked.id };
}
