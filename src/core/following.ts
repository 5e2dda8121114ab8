import { isCountedOn, leaveSealed, withReinit, type GroupRecord } from "./record.ts";
import { again, verdict, work, write, type Decision } from "./decision.ts";
import { hasDiverged } from "./position.ts";
import { upstreamOf } from "./places.ts";
import { retryInMs } from "./retry.ts";
import type { View } from "./view.ts";

/** A standby that follows and is not in the stream for so long, though its primary answers, is cloned anew. */
const NO_STREAM_MS = 30_000;

/** A term that has been closed for so long will not open without this copy. */
const CLOSED_MS = 3000;

/** The end of reading shows only in a look. */
const SOON_MS = 5;

/** No takeover is called for: this member follows the primary of the record. */
export function following(view: View, record: GroupRecord): Decision {
  const { service, me } = view;
  const primary = record.primary;
  const from = upstreamOf(view, record);
  if (record.reinit[me] !== undefined && record.open && record.sealed[me] === undefined) return reinit(view, record);
  if (primary === null || from === null) return verdict("paused", pauseReason(record));
  if (service.receiving?.from === from && service.receiving.term === record.term && record.sealed[me] === undefined)
    return inStream(view, record, primary, from);
  if (record.sealed[me] !== undefined) return unsealing(view, record);
  if (service.receiving !== null)
    return verdict(
      "change-upstream",
      `it still receives as a standby of an earlier term or of "${service.receiving.from}", not of "${from}"`,
      work({ do: "seal" }),
    );
  if (service.position === null) return verdict("waiting", "what it received is still being read", again(SOON_MS));
  const waitMs = retryInMs(view.failure, view.nowMs);
  if (waitMs > 0 && view.failure?.do !== "seal")
    return verdict(
      "stuck",
      `${view.failure?.do} failed: ${view.failure?.because} Next try in ${Math.ceil(waitMs / 1000)} s.`,
    );
  if (hasDiverged(service.position, record.forks)) return diverged(view, record, primary);
  return verdict(
    "follow",
    from === primary ? `"${primary}" is primary of term ${record.term}` : `it is to follow "${from}", which streams`,
    work({ do: "follow", from, term: record.term, forks: record.forks }),
  );
}

function pauseReason(record: GroupRecord): string {
  const pause = record.paused;
  return pause === null
    ? "the record is vacant"
    : `the group is paused by ${pause.by}: ${pause.because || "no reason given"}`;
}

/** Rule 5: to undo a seal, leave `sealed` first, and only then receive again. */
function unsealing(view: View, record: GroupRecord): Decision {
  const waitedMs = view.nowMs - view.recordSinceMs;
  if (waitedMs < view.settings.timing.unsealMs)
    return verdict("sealed-waiting", `"${record.primary}" answers again; it stays sealed a moment longer`);
  const because = `"${record.primary}" answers and nobody took over`;
  return verdict("unseal", because, write(leaveSealed(record, view.me, because), "unsealed"));
}

function inStream(view: View, record: GroupRecord, primary: string, from: string): Decision {
  const downMs =
    view.streamDownSinceMs === null
      ? 0
      : view.nowMs - Math.max(view.streamDownSinceMs, view.recordSinceMs, view.stateSinceMs);
  const answers = view.probe?.member === primary && view.probe.result === "answered";
  if (downMs > NO_STREAM_MS && from === primary && answers && record.open && !countedOn(view, record)) {
    return verdict(
      "reinit",
      `"${primary}" answers, but no stream has come about for ${NO_STREAM_MS / 1000} s; the data will be cloned anew`,
      markForClone(view, record),
    );
  }
  if (!view.settings.hasData) return verdict("following", `it stands by for "${primary}" in term ${record.term}`);
  if (downMs > 0) return verdict("following", `it waits for the stream from "${from}"`);
  return verdict("following", `it streams from "${from}" in term ${record.term}`);
}

function markForClone(view: View, record: GroupRecord): ReturnType<typeof write> {
  return write(
    withReinit(record, view.me, view.service.incarnation, `"${view.me}" cannot follow from where it is`),
    "reinit",
  );
}

/** Rule 10: a copy gets worse only after it has left every commit rule, and never before the current term is open. */
function diverged(view: View, record: GroupRecord, primary: string): Decision {
  const offset = view.service.position?.offset;
  const because = `its data goes to ${offset}, behind the point where the history of "${primary}" went another way`;
  const isNeeded = !record.open && isNeededToOpen(view, primary);
  if (!record.open && !isNeeded) return verdict("waiting", `${because}; term ${record.term} is not open yet`);
  if (!isNeeded && countedOn(view, record))
    return verdict("leave-rule-first", `${because}; a commit rule still counts on it`);
  const action = { from: primary, term: record.term, forks: record.forks } as const;
  const rewound = view.failure?.do === "rewind";
  if (rewound)
    return verdict("clone", `${because}; rewinding failed: ${view.failure.because}`, work({ do: "clone", ...action }));
  return verdict("rewind", because, work({ do: "rewind", ...action }));
}

/**
 * A term that stays closed, though its primary runs, waits for a copy that can acknowledge its first entry; in
 * the end this may be the only one there is, and even the one that the rule counts on, which then could never be met.
 * Everything acknowledged is in the primary's data: the take proved it.
 */
function isNeededToOpen(view: View, primary: string): boolean {
  const runs = view.peers[primary]?.report.state === "primary";
  return runs && view.nowMs - view.recordSinceMs >= CLOSED_MS;
}

function countedOn(view: View, record: GroupRecord): boolean {
  const { incarnation } = view.service;
  return incarnation !== null && isCountedOn(record, { member: view.me, incarnation });
}

/** Whether an operator wants this very copy replaced: the request names its incarnation. */
export function wantsReinit(view: View, record: GroupRecord): boolean {
  const asked = record.reinit[view.me];
  return view.settings.hasData && asked !== undefined && asked === view.service.incarnation;
}

/** An operator wants the data made anew: the primary drops it from the rule, then it stops and is cloned. */
function reinit(view: View, record: GroupRecord): Decision {
  const { me } = view;
  if (!view.settings.hasData) {
    const because = `"${me}" is not made anew: its service has no data`;
    return verdict("reinit-impossible", because, write(withReinit(record, me, null, because), "problem"));
  }
  if (!wantsReinit(view, record))
    return verdict(
      "reinit",
      "it was cloned anew",
      write(withReinit(record, me, null, `"${me}" was cloned anew`), "rejoined"),
    );
  if (countedOn(view, record))
    return verdict("leave-rule-first", "a new copy was asked for; a commit rule still counts on the old one");
  return verdict(
    "reinit",
    "an operator asked for a new copy",
    work({ do: "stop", how: "clean", because: "its data is to be cloned anew" }),
  );
}
