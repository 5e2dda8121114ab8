import {
  GUARDS,
  NONE,
  SERVICES,
  SPENDINGS,
  WORKS,
  type Member,
  type Rec,
  type Spending,
  type State,
  type Work,
} from "./state.ts";
import { currentOf, needOf, ruleNumber, staleOf, switchoverTo } from "./compact.ts";

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

function putWide(value: number): void {
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

function putRule(rule: number, places: Places): void {
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
  put(switchover === 0 ? 0 : (switchover & 3) | (placed(switchoverTo(switchover), places) << 2));
  put(placedBits(rec.reinit, places));
  put(placedBits(rec.reinitDone, places));
}

export function putWork(work: Work | null, places: Places): void {
  if (work === null) return put(0);
  put(WORK_CODE[work.do] + 1);
  put(placed(work.from, places));
  put(work.term);
  putText(work.forks);
  putRule(work.rule, places);
}

function putMember(m: Member, order: readonly number[], places: Places): void {
  put(SERVICE_CODE[m.service] | (m.clean ? 8 : 0) | (m.lapsed ? 16 : 0) | (m.unsettled ? 32 : 0));
  put(GUARD_CODE[m.guard] | (m.seen === null ? 0 : 8));
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

/** What tells one member from the others whatever they are called. */
function signature({ members, record, late }: State, i: number): string {
  const m = members[i] as Member;
  beginKey();
  put(SERVICE_CODE[m.service] | (m.clean ? 8 : 0) | (m.lapsed ? 16 : 0) | (m.unsettled ? 32 : 0));
  put(GUARD_CODE[m.guard] | (m.seen === null ? 0 : 8) | (late?.by === i ? 16 : 0));
  put(m.from === NONE ? 0 : m.from === record.primary ? 1 : 2);
  putText(m.log);
  putText(m.forks);
  put(m.fromTerm);
  put(m.term);
  put(m.ruleOffset);
  put(m.first);
  put(m.work === null ? 0 : WORK_CODE[m.work.do] + 1);
  put((record.primary === i ? 1 : 0) | (record.last === i ? 2 : 0) | (switchoverTo(record.switchover) === i ? 4 : 0));
  put(((record.reinit >> i) & 1) | (((record.reinitDone >> i) & 1) << 1));
  putWide(record.sealed[i] ?? 0);
  for (const rule of record.commit) put(((currentOf(rule) >> i) & 1) | (((staleOf(rule) >> i) & 1) << 1));
  return endKey();
}

/** One key for all states that differ only by the members' names. */
export function canonicalKey(state: State): string {
  const signatures = state.members.map((_, i) => signature(state, i));
  const order = signatures.map((_, i) => i).sort((a, b) => compare(signatures[a] ?? "", signatures[b] ?? "") || a - b);
  let least = keyIn(state, order);
  for (const other of reorderings(order, signatures)) {
    const key = keyIn(state, other);
    if (key < least) least = key;
  }
  return least;
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** All other orders that keep the signatures in theirs. */
function reorderings(order: readonly number[], signatures: readonly string[]): readonly (readonly number[])[] {
  let orders: (readonly number[])[] = [order];
  for (let from = 0; from < order.length;) {
    let to = from + 1;
    while (to < order.length && signatures[order[to] ?? 0] === signatures[order[from] ?? 0]) to += 1;
    if (to - from > 1) {
      const [low, high] = [from, to];
      orders = orders.flatMap((o) =>
        permutations(o.slice(low, high)).map((middle) => [...o.slice(0, low), ...middle, ...o.slice(high)]),
      );
    }
    from = to;
  }
  return orders.slice(1);
}

function permutations(items: readonly number[]): readonly (readonly number[])[] {
  if (items.length < 2) return [items];
  return items.flatMap((first) => permutations(items.filter((i) => i !== first)).map((rest) => [first, ...rest]));
}

let text = "";
let at = 0;

const take = (): number => text.charCodeAt(at++);
const takeWide = (): number => take() | (take() << 8);

function takeText(): string {
  const length = take();
  at += length;
  return text.slice(at - length, at);
}

function takeRule(): number {
  const rule = takeWide();
  return rule === 65535 ? NONE : rule;
}

function takeRecord(count: number): Rec {
  const term = take();
  const flags = take();
  const last = take() - 1;
  const rules = take();
  const commit = Array.from({ length: rules }, takeRule);
  const sealed = Array.from({ length: count }, takeWide);
  const forks = takeText();
  const [switchover, reinit, reinitDone] = [take(), take(), take()];
  return {
    term,
    primary: (flags & 7) - 1,
    live: (flags & 8) !== 0,
    open: (flags & 16) !== 0,
    lastStale: (flags & 32) !== 0,
    last,
    commit,
    sealed,
    forks,
    switchover,
    reinit,
    reinitDone,
  };
}

function takeWork(): Work | null {
  const code = take();
  if (code === 0) return null;
  const from = take() - 1;
  const term = take();
  return { do: WORKS[code - 1] ?? "start", from, term, forks: takeText(), rule: takeRule() };
}

function takeMember(count: number): Member {
  const [flags, guards] = [take(), take()];
  const [log, forks] = [takeText(), takeText()];
  const [from, fromTerm, term] = [take() - 1, take(), take()];
  const [rule, nextRule] = [takeRule(), takeRule()];
  const [ruleOffset, first] = [take(), take()];
  const work = takeWork();
  const seen = (guards & 8) === 0 ? null : takeRecord(count);
  return {
    service: SERVICES[flags & 7] ?? "partial",
    clean: (flags & 8) !== 0,
    lapsed: (flags & 16) !== 0,
    unsettled: (flags & 32) !== 0,
    guard: GUARDS[guards & 7] ?? "idle",
    log,
    forks,
    from,
    fromTerm,
    term,
    rule,
    nextRule,
    ruleOffset,
    first,
    work,
    seen,
  };
}

/** The state of a key. */
export function stateOf(key: string, count: number): State {
  text = key;
  at = 0;
  const members = Array.from({ length: count }, () => takeMember(count));
  const record = takeRecord(count);
  const by = take();
  const late = by === 0 ? null : { by: by - 1, rec: takeRecord(count) };
  const [acked, visible, opened] = [takeText(), takeText(), take()];
  const spent = {} as Record<Spending, number>;
  for (const what of SPENDINGS) spent[what] = take();
  return { members, record, late, acked, visible, opened, spent, broken: null };
}

/** For keys about one member as it sees the group: nobody is renumbered. */
export const AS_THEY_ARE: readonly number[] = [0, 1, 2, 3, 4];
