import {
  currentOf,
  isSealStale,
  namesFor,
  needOf,
  sealPosition,
  staleOf,
  switchoverPhase,
  type Names,
} from "./compact.ts";
import type { Step } from "./explore.ts";
import { NONE, type Member, type Rec, type State } from "./state.ts";

const NAMES = "abcde";

/** A trace as a story: a line for what happened and why, and a line for what the world is then. */
export function tell(start: State, trace: readonly Step<State>[]): readonly string[] {
  const told = trace.flatMap(({ who, what, because, after }, i) => {
    const names = namesAs(who, after.members.length);
    const reason = because === "" ? "" : `: ${inTheirNames(because, names)}`;
    return [`${String(i + 1).padStart(3)}. ${nameOf(who)}${what}${reason}`, `     ${stateLine(after)}`];
  });
  return [`  0. start`, `     ${stateLine(start)}`, ...told];
}

const nameOf = (who: number): string => (who === NONE ? "" : `${NAMES[who]} · `);

/** Whoever decides calls itself "m0"; here everybody keeps one name. */
function namesAs(who: number, count: number): Names {
  return namesFor(Math.max(who, 0), count);
}

function inTheirNames(text: string, names: Names): string {
  return text.replaceAll(/\bm\d\b/g, (name) => NAMES[names.index(name)] ?? name);
}

function stateLine({ members, record, acked, visible }: State): string {
  const logs = members.map((m, i) => `${NAMES[i]} ${memberText(m)}`).join(" | ");
  const seen = visible === "" ? "" : `, seen ${logText(visible)}`;
  return `${logs} | ${recordText(record)} | acknowledged ${logText(acked)}${seen}`;
}

function memberText(m: Member): string {
  const from = m.from === NONE ? "" : ` from ${NAMES[m.from]}`;
  const service = m.service === "primary" ? `PRIMARY of ${m.term} (${ruleText(m.rule)})` : m.service;
  const more = [m.work?.do, m.guard === "idle" || m.guard === "armed" ? undefined : `guard ${m.guard}`];
  if (m.lapsed) more.push("lapsed");
  if (m.seen !== null) more.push("cut off");
  if (m.unsettled) more.push("unsettled");
  const rest = more.filter((text) => text !== undefined);
  return `${service}${from} ${logText(m.log)}${rest.length > 0 ? ` {${rest.join(", ")}}` : ""}`;
}

/** The terms of the entries, in their order. */
function logText(log: string): string {
  return `[${Array.from(log, (char) => char.charCodeAt(0)).join("")}]`;
}

function ruleText(rule: number): string {
  if (rule === NONE) return "no rule";
  if (needOf(rule) === 0) return "alone";
  const of = Array.from(NAMES, (name, i) =>
    (currentOf(rule) >> i) & 1 ? name : (staleOf(rule) >> i) & 1 ? `${name}'s former copy` : "",
  );
  return `${needOf(rule)} of ${of.filter((name) => name !== "").join(",") || "nobody"}`;
}

function recordText(rec: Rec): string {
  const sealed = rec.sealed.flatMap((seal, i) => {
    const { term, offset } = sealPosition(seal);
    return seal === 0 ? [] : [`${NAMES[i]}${isSealStale(seal) ? "'s former copy" : ""} at ${term}.${offset}`];
  });
  const parts = [
    `term ${rec.term} ${rec.primary === NONE ? "vacant" : `of ${NAMES[rec.primary]}${rec.open ? " open" : " closed"}`}`,
    rec.commit.map(ruleText).join(" and "),
  ];
  if (sealed.length > 0) parts.push(`sealed ${sealed.join(", ")}`);
  if (rec.switchover !== 0) parts.push(`switchover ${switchoverPhase(rec.switchover)}`);
  return parts.join("; ");
}
