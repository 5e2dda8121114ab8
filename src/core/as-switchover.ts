import { meetsRule, type Copy } from "./commit-rule.ts";
import { again, verdict, work, write, type Decision } from "./decision.ts";
import { standbysOf } from "./standbys.ts";
import { withSwitchover, type GroupRecord, type Switchover } from "./record.ts";
import type { View } from "./view.ts";

/** The end of clients' work shows only in a look. */
const SOON_MS = 3;

/** A planned switchover, as the primary that hands over sees it; `null`: none is asked for. Rule 11. */
export function switchingOver(view: View, record: GroupRecord): Decision | null {
  const { switchover } = record;
  if (switchover === null || !record.open) return null;
  const obstacle = obstacleTo(view, record, switchover);
  if (obstacle !== null && switchover.phase === "requested") {
    return verdict("switchover-impossible", obstacle, write(withSwitchover(record, null, obstacle), "problem"));
  }
  if (switchover.phase === "requested") return preparing(view, record, switchover);
  return switchover.phase === "yielding" ? yielding(view, switchover) : draining(view, record, switchover);
}

/** Why the wished member, or any, cannot take over now; `null`: it can. */
function obstacleTo(view: View, record: GroupRecord, { to }: Switchover): string | null {
  const heirs = heirsOf(view, record);
  if (heirs.length === 0) return "no standby that may take over is streaming, so none can";
  if (to === null || heirs.includes(to)) return null;
  return `"${to}" is not streaming from "${view.me}", or its priority is 0, so it cannot take over`;
}

/** Who may take over, the best first: by the wishes of the configuration, then by what it has. */
function heirsOf(view: View, record: GroupRecord): readonly string[] {
  const { members } = view.settings;
  const priorityOf = (member: string): number => members.find((m) => m.member === member)?.priority ?? 0;
  return standbysOf(view, record)
    .filter((f) => priorityOf(f.member) > 0)
    .toSorted(
      (a, b) => priorityOf(b.member) - priorityOf(a.member) || b.offset - a.offset || (a.member < b.member ? -1 : 1),
    )
    .map(({ member }) => member);
}

/** First what is dirty is written out, while clients still work; then clients are held. */
function preparing(view: View, record: GroupRecord, switchover: Switchover): Decision {
  const prepared = view.done?.action.do === "prepare-stop" && view.done.sinceMs >= view.recordSinceMs;
  const failed = view.failure?.do === "prepare-stop" && view.failure.atMs >= view.recordSinceMs;
  if (!prepared && !failed) return verdict("switchover-prepare", switchover.because, work({ do: "prepare-stop" }));
  const to = switchover.to ?? heirsOf(view, record)[0] ?? null;
  const because = `clients are held from now on, and work under way may end; then "${to}" takes over`;
  return verdict(
    "switchover-drain",
    because,
    write(withSwitchover(record, { ...switchover, to, phase: "draining" }, because), "switchover"),
  );
}

/**
 * Work under way may end, for a bounded time. Then the term goes over in one of two ways. In a lossless group whose standbys have
 * everything they may seal while this service still runs: it can acknowledge nothing from then on, and need not be waited for. Else it
 * stops, so that its standbys receive everything, and vacates.
 */
function draining(view: View, record: GroupRecord, switchover: Switchover): Decision {
  const { service, settings } = view;
  const forMs = view.nowMs - view.recordSinceMs;
  if (forMs >= settings.drainMs) return stopping(view, switchover);
  const busy = service.busyClients;
  if (busy !== 0) return verdict("waiting", `${busy ?? "some"} clients still have work under way`, again(SOON_MS));
  const streaming = service.followers.filter((f) => f.streaming && f.term === record.term);
  if (!mayYieldTo(record, switchover, streaming)) return stopping(view, switchover);
  const caughtUp = streaming.filter((f) => f.offset >= (service.offset ?? Infinity));
  if (!mayYieldTo(record, switchover, caughtUp))
    return verdict("waiting", "the standbys do not have everything yet", again(SOON_MS));
  const because = `no work is under way, and ${caughtUp.map((f) => f.member).join(", ")} have everything`;
  return verdict(
    "switchover-yield",
    because,
    write(withSwitchover(record, { ...switchover, phase: "yielding" }, because), "yielded"),
  );
}

/** Whether these copies, sealed, leave nobody who could acknowledge for this primary, the successor among them. */
function mayYieldTo({ commit }: GroupRecord, { to }: Switchover, copies: readonly Copy[]): boolean {
  const isThere = to === null || copies.some(({ member }) => member === to);
  return isThere && commit.every((rule) => rule.need > 0 && meetsRule(rule, copies));
}

/** The standbys are given a moment to seal and take. */
function yielding(view: View, switchover: Switchover): Decision {
  const leftMs = view.settings.timing.patienceMs - (view.nowMs - view.recordSinceMs);
  if (leftMs <= 0) return stopping(view, switchover);
  return verdict("waiting", "the standbys seal, and one of them takes over", again(leftMs));
}

/** The service stops so that its standbys receive everything. */
function stopping(view: View, switchover: Switchover): Decision {
  const failed = view.failure?.do === "stop" && view.failure.atMs >= view.recordSinceMs;
  const because = `${switchover.by} asked for a switchover to ${switchover.to === null ? "the best standby" : `"${switchover.to}"`}`;
  return verdict("switchover-stop", because, work({ do: "stop", how: failed ? "kill" : "clean", because }));
}
