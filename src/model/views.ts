import { isGivingUp } from "../core/record.ts";
import type { Follower } from "../core/service-look.ts";
import { timingOf } from "../core/timing.ts";
import type { Peer, Settings, View, WorkView } from "../core/view.ts";
import { isFedBy } from "./acknowledge.ts";
import { actionOf, lookAt } from "./look.ts";
import { copyOf, namesFor, SESSION, unpackRecord, type Names } from "./compact.ts";
import type { Bounds } from "./space.ts";
import { NONE, type Member, type Rec, type State } from "./state.ts";

const NOW_MS = 10_000_000;
/** Longer than every waiting time of the rules. */
const LONG_MS = 120_000;
const JUST_NOW_MS = NOW_MS - 1;
const LONG_AGO_MS = NOW_MS - LONG_MS;
const TIMING = timingOf(2000);

/** What this member may believe of the holder. Being wrong about a suspicion is part of the protocol; expiry is not. */
type Mood = "calm" | "suspects" | "expired";

/**
 * All views that a member may have of one state: time is nothing but "just now" and "long ago", a stream that stands
 * may be seen or not, the primary may be suspected at any moment, and be found expired as soon as its lease is over.
 */
export function viewsOf(bounds: Bounds, state: State, me: number, isOver: boolean): readonly View[] {
  const names = namesFor(me, bounds.members);
  const m = state.members[me] as Member;
  const rec = m.seen ?? state.record;
  const base = baseView(bounds, state, me, names);
  if (rec.primary === me) return asPrimary(base, bounds, state, me, names);
  const moods: readonly Mood[] =
    rec.primary === NONE ? ["calm"] : isOver ? ["calm", "suspects", "expired"] : ["calm", "suspects"];
  return moods.flatMap((mood) =>
    [JUST_NOW_MS, LONG_AGO_MS].flatMap((recordSinceMs) =>
      [false, true].map((hears) => ({ ...base, ...believing(mood, rec, names, hears), recordSinceMs })),
    ),
  );
}

function believing(mood: Mood, rec: Rec, names: Names, hears: boolean): Partial<View> {
  if (rec.primary === NONE) return {};
  const member = names.of(rec.primary);
  const peers: Record<string, Peer> = hears ? { [member]: { report: PRIMARY_REPORT, heardAtMs: JUST_NOW_MS } } : {};
  const silentMs = mood === "expired" ? LONG_MS : 0;
  const holder = { revision: 1, sinceMs: NOW_MS - silentMs, readAtMs: NOW_MS };
  if (mood !== "suspects") return { holder, peers };
  const probe = { member, result: "refused", atMs: JUST_NOW_MS, failures: 1, failingSinceMs: JUST_NOW_MS } as const;
  return { holder, peers, probe, streamDownSinceMs: JUST_NOW_MS };
}

const PRIMARY_REPORT: Peer["report"] = {
  state: "primary",
  health: "up",
  incarnation: null,
  offset: null,
  streaming: false,
  work: null,
  problem: null,
  guard: "",
};

/** How a primary may see each other member: in its stream, out of it for a moment, out of it for long. */
type Presence = "streams" | "just gone" | "long gone";

function asPrimary(base: View, bounds: Bounds, state: State, me: number, names: Names): readonly View[] {
  const m = state.members[me] as Member;
  const phase = base.record?.switchover?.phase;
  const asked = phase === "requested" ? [doneWith("prepare-stop")] : [null];
  if (m.service !== "primary") return asked.map((done) => ({ ...base, done }));
  // Clients' work and the standbys' seals may take a moment, or too long.
  const sinces = isGivingUp(phase) ? [LONG_AGO_MS, JUST_NOW_MS] : [LONG_AGO_MS];
  const others = state.members.map((_, i) => i).filter((i) => i !== me);
  const seen = others.reduce<readonly (readonly Presence[])[]>(
    (so, i) => so.flatMap((list) => presencesOf(state, me, i).map((presence) => [...list, presence])),
    [[]],
  );
  const healths = state.spent.stops < (bounds.most.stops ?? 0) ? (["up", "down"] as const) : (["up"] as const);
  return seen.flatMap((presences) =>
    healths.flatMap((health) =>
      asked.flatMap((done) => {
        const there = others.filter((_, k) => presences[k] === "streams");
        const followers = there.map((i) => followerOf(state, i, names));
        const absent = others.filter((_, k) => presences[k] !== "streams");
        const absentSinceMs = Object.fromEntries(
          absent.map((i) => [names.of(i), presences[others.indexOf(i)] === "long gone" ? LONG_AGO_MS : JUST_NOW_MS]),
        );
        const view = { ...base, done, health, service: { ...base.service, followers }, absentSinceMs };
        return sinces.map((recordSinceMs) => ({ ...view, recordSinceMs }));
      }),
    ),
  );
}

function presencesOf({ members, record }: State, me: number, i: number): readonly Presence[] {
  const isConnected = isFedBy(members, i, me);
  const newest = (members[me]?.seen ?? record).commit.at(-1) ?? 0;
  const counts = ((newest | (newest >> 5)) >> 3) & (1 << i);
  const absent: readonly Presence[] = counts ? ["just gone", "long gone"] : ["long gone"];
  return isConnected ? ["streams", ...absent] : absent;
}

function followerOf({ members }: State, i: number, names: Names): Follower {
  const m = members[i] as Member;
  return { ...copyOf(names, i, false), term: m.fromTerm, offset: m.log.length, streaming: true };
}

function doneWith(what: "prepare-stop"): WorkView {
  return { action: { do: what }, sinceMs: NOW_MS };
}

const settingsOf = new Map<string, Settings>();

function settings({ name, members, need, lossless }: Bounds): Settings {
  const known = settingsOf.get(name);
  if (known !== undefined) return known;
  const all = Array.from({ length: members }, (_, i) => namesFor(0, members).of(i));
  const made: Settings = {
    group: "main",
    hasData: true,
    members: all.map((member) => ({ member, priority: 100 })),
    durability: lossless === "off" ? { lossless, maxLossBytes: 1000 } : { lossless, need, of: all },
    drainMs: 300,
    timing: TIMING,
  };
  settingsOf.set(name, made);
  return made;
}

function baseView(bounds: Bounds, state: State, me: number, names: Names): View {
  const m = state.members[me] as Member;
  const untilMs = m.guard === "due" ? NOW_MS - 1 : NOW_MS + 1000;
  return {
    nowMs: NOW_MS,
    me: names.of(me),
    session: SESSION,
    leaseEndsAtMs: m.lapsed ? NOW_MS - 1 : NOW_MS + 1000,
    settings: settings(bounds),
    record: unpackRecord(m.seen ?? state.record, names, bounds.members),
    fresh: m.seen === null,
    recordSinceMs: LONG_AGO_MS,
    unsettled: m.unsettled,
    sent: [],
    storeDoubt: null,
    holder: null,
    peers: healthyStandbys(bounds, me, names),
    heard: {},
    promise: null,
    alarm: null,
    probe: null,
    service: lookAt(m, me, names),
    stateSinceMs: LONG_AGO_MS,
    streamDownSinceMs: null,
    streamMovedAtMs: LONG_AGO_MS,
    absentSinceMs: {},
    work: m.work && { action: actionOf(m.work, names), sinceMs: JUST_NOW_MS },
    done: null,
    failure: null,
    guard:
      m.guard === "armed" || m.guard === "carried" || m.guard === "due"
        ? { state: "armed", untilMs }
        : m.guard === "fired"
          ? { state: "fired", atMs: JUST_NOW_MS }
          : { state: m.guard },
    health: "up",
    sealsInVain: 0,
    leaving: false,
  };
}

function healthyStandbys(bounds: Bounds, me: number, names: Names): Readonly<Record<string, Peer>> {
  const report = { ...PRIMARY_REPORT, state: "standby" } as const;
  const others = Array.from({ length: bounds.members }, (_, i) => i).filter((i) => i !== me);
  return Object.fromEntries(others.map((i) => [names.of(i), { report, heardAtMs: JUST_NOW_MS }]));
}
