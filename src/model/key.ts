import { currentOf, needOf, ruleNumber, staleOf, switchoverTo } from "./compact.ts";
import { GUARDS, NONE, SERVICES, SPENDINGS, WORKS, type Member, type Rec, type State, type Work } from "./state.ts";

/** Where keys are put together; one at a time. */
const bytes = Buffer.alloc(4096);
let end = 0;

const codes = <T extends string>(names: readonly T[]): Readonly<Record<T, number>> =>
  Object.fromEntries(names.map((name, i) => [name, i])) as Record<T, number>;
const SERVICE_CODE = codes(SERVICES);
const GUARD_CODE = codes(GUARDS);
const WORK_CODE = codes(WORKS);

/** Begins a key. */
export function beginKey(): void {
  end = 0;
}

export function endKey(): string {
  return bytes.toString("latin1", 0, end);
}

export function put(value: number): void {
  bytes[end++] = value;
}

export function putWide(value: number): void {
  bytes[end++] = value & 255;
  bytes[end++] = value >> 8;
}

export function putText(text: string): void {
  bytes[end++] = text.length;
  for (let i = 0; i < text.length; i += 1) bytes[end++] = text.charCodeAt(i);
}

/** How members are renumbered: member `i` becomes `places[i]`. */
type Places = readonly number[];

const placed = (i: number, places: Places): number => (i === NONE ? 0 : (places[i] ?? 0) + 1);

function placedBits(bits: number, places: Places): number {
  let result = 0;
  for (let i = 0; bits >> i; i += 1) if ((bits >> i) & 1) result |= 1 << (places[i] ?? 0);
  return result;
}

export function putRule(rule: number, places: Places): void {
  if (rule === NONE) return putWide(65535);
  putWide(ruleNumber(needOf(rule), placedBits(currentOf(rule), places), placedBits(staleOf(rule), places)));
}

/** Writes a record, its members in `order`. */
export function putRecord(rec: Rec, order: readonly number[], places: Places): void {
  put(rec.term);
  put(placed(rec.primary, places) | (rec.live ? 8 : 0) | (rec.open ? 16 : 0) | (rec.lastStale ? 32 : 0));
  put(placed(rec.last, places));
  put(rec.commit.length);
  for (const rule of rec.commit) putRule(rule, places);
  for (const i of order) putWide(rec.sealed[i] ?? 0);
  putText(rec.forks);
  const { switchover } = rec;
  put(switchover === 0 ? 0 : (switchover & 7) | (placed(switchoverTo(switchover), places) << 3));
  put(placedBits(rec.reinit, places));
  put(placedBits(rec.reinitDone, places));
}

/** Only what it is. */
export function putKindOfWork(work: Work | null): void {
  put(work === null ? 0 : WORK_CODE[work.do] + 1);
}

export function putWork(work: Work | null, places: Places): void {
  if (work === null) return put(0);
  put(WORK_CODE[work.do] + 1);
  put(placed(work.from, places));
  put(work.term);
  putText(work.forks);
  putRule(work.rule, places);
}

/** What of a member is a word or a yes or no; `more` is room for another bit. */
export function putFlags(m: Member, more: 0 | 1 = 0): void {
  put(SERVICE_CODE[m.service] | (m.clean ? 8 : 0) | (m.lapsed ? 16 : 0) | (m.unsettled ? 32 : 0));
  put(GUARD_CODE[m.guard] | (m.seen === null ? 0 : 8) | (more << 4));
}

function putMember(m: Member, order: readonly number[], places: Places): void {
  putFlags(m);
  putText(m.log);
  putText(m.forks);
  put(placed(m.from, places));
  put(m.fromTerm);
  put(m.term);
  putRule(m.rule, places);
  putRule(m.nextRule, places);
  put(m.ruleOffset);
  put(m.first);
  putWork(m.work, places);
  if (m.seen !== null) putRecord(m.seen, order, places);
}

/** The key of a state, with its members in `order`. */
export function keyIn(state: State, order: readonly number[]): string {
  const places: number[] = [];
  order.forEach((i, place) => (places[i] = place));
  beginKey();
  for (const i of order) putMember(state.members[i] as Member, order, places);
  putRecord(state.record, order, places);
  put(state.late === null ? 0 : placed(state.late.by, places));
  if (state.late !== null) putRecord(state.late.rec, order, places);
  putText(state.acked);
  putText(state.visible);
  put(state.opened);
  for (const what of SPENDINGS) put(state.spent[what]);
  return endKey();
}

/** For keys about one member as it sees the group: nobody is renumbered. */
export const AS_THEY_ARE: readonly number[] = [0, 1, 2, 3, 4];
