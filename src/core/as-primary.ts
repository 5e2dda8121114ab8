import { acknowledges, describeRule, sameRule, type Copy } from "./commit-rule.ts";
import { desiredRule, indispensable } from "./desired-rule.ts";
import { again, verdict, work, write, type Decision } from "./decision.ts";
import { desiredMembers } from "./desired-members.ts";
import { addRule, dropOldRules, newestRule, openTerm, withMembers, withReinit, type GroupRecord } from "./record.ts";
import { arm } from "./holding.ts";
import { switchingOver } from "./as-switchover.ts";
import { standbysOf } from "./standbys.ts";
import type { View } from "./view.ts";

/** An acknowledgement shows only in a look. */
const SOON_MS = 3;

/** Who has waited long need not know at once: of the time that the record stands as it is, and never longer than that. */
const SOON_SHARE = 0.05;
const SOON_AT_MOST_MS = 100;

/** A service that has just become primary is judged by its checks only after they had some rounds to see it. */
const CHECKED_AFTER_MS = 10_000;

/** It runs as primary in the term that it holds, with its lease and its guard. */
export function acting(view: View, record: GroupRecord): Decision {
  if (view.guard.state !== "armed") {
    return verdict("arm-guard", `the guard is ${view.guard.state}`, arm(view, record));
  }
  return guarded(view, record);
}

/** Behind an armed guard. */
function guarded(view: View, record: GroupRecord): Decision {
  if (view.leaving) {
    return verdict(
      "leave",
      "the agent was asked to stop its services",
      stopCleanly(view, "the agent was asked to stop"),
    );
  }
  if (isUnhealthy(view) && record.paused === null && hasHeir(view, record)) {
    return verdict(
      "unhealthy",
      "its checks failed and a standby can take over",
      stopCleanly(view, "its checks failed"),
    );
  }
  const switching = switchingOver(view, record);
  if (switching !== null) return switching;
  if (view.service.firstOffset === null) {
    const because = `term ${record.term} has no first entry yet`;
    return verdict("begin-term", because, work({ do: "begin", term: record.term }));
  }
  return ruling(view, record);
}

/** Rules 8 and 9: what is acknowledged, and by whom, before and after the term opens. */
function ruling(view: View, record: GroupRecord): Decision {
  const { service } = view;
  const newest = newestRule(record);
  const inForce = service.rule !== null && sameRule(service.rule, newest);
  if (!inForce)
    return verdict(
      "put-rule-in-force",
      `"${describeRule(newest)}" stands in the record and is not in force yet`,
      work({ do: "set-rule", rule: newest, term: record.term }),
    );
  const having = copiesWith(view, record.term, Math.max(service.firstOffset ?? Infinity, service.ruleOffset));
  const met = acknowledges(newest, having);
  if (!record.open && met) {
    const because = `the first entry of term ${record.term} has been acknowledged under "${describeRule(newest)}"`;
    return verdict("open", because, write(openTerm(record, because), "opened"));
  }
  if (record.commit.length > 1 && met) {
    const because = `"${describeRule(newest)}" is in force, and what was written before is held by enough`;
    return verdict("drop-old-rules", because, write(dropOldRules(record, because), "rule-changed"));
  }
  const needed = record.open ? indispensable(view, record) : null;
  if (needed !== null) {
    const because = `"${needed}" is not made anew: writes would wait for it, since too few others acknowledge them`;
    return verdict("reinit-impossible", because, write(withReinit(record, needed, null, because), "problem"));
  }
  const desired = desiredRule(view, record);
  if (desired !== null) {
    const because = desired.because;
    const rule = desired.rule.need === 0 ? "go-on-alone" : "change-rule";
    return verdict(
      rule,
      because,
      write(addRule(record, desired.rule, because), desired.rule.need === 0 ? "alone" : "rule-changed"),
    );
  }
  const members = record.open ? desiredMembers(view, record) : null;
  if (members !== null) {
    const { because } = members;
    return verdict("change-members", because, write(withMembers(record, members.members, because), "members-changed"));
  }
  if (!record.open) {
    const because = `the first entry of term ${record.term} is not acknowledged yet under "${describeRule(newest)}"`;
    return verdict("waiting", because, again(soonMs(view)));
  }
  return verdict("steady", `it serves term ${record.term} under "${describeRule(newest)}"`);
}

/** In how long it looks again for an acknowledgement. */
function soonMs({ nowMs, recordSinceMs }: View): number {
  return Math.min(SOON_AT_MOST_MS, Math.max(SOON_MS, SOON_SHARE * (nowMs - recordSinceMs)));
}

/** The copies that have everything up to `offset` on disk, from the primary of `term`. */
function copiesWith(view: View, term: number, offset: number): readonly Copy[] {
  return view.service.followers.filter((follower) => follower.term === term && follower.offset >= offset);
}

/** Whether the checks say so of the primary that it is now, not of what it was before. */
function isUnhealthy(view: View): boolean {
  return view.health === "down" && view.nowMs - view.stateSinceMs >= CHECKED_AFTER_MS;
}

/** Whether a streaming standby is there that could take over, and is healthy itself: when all look dead, nothing is moved. */
function hasHeir(view: View, record: GroupRecord): boolean {
  return standbysOf(view, record).some(({ member }) => view.peers[member]?.report.health === "up");
}

/** Stops so that the standbys receive everything; for good once that has failed. */
function stopCleanly(view: View, because: string): ReturnType<typeof work> {
  const failed = view.failure?.do === "stop" && view.nowMs - view.failure.atMs < view.settings.timing.leaseMs;
  return work({ do: "stop", how: failed ? "kill" : "clean", because });
}
