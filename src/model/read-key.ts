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

/** The key that is being read, and how far; one at a time. */
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
