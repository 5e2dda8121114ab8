import { currentOf, staleOf, switchoverTo } from "./compact.ts";
import { beginKey, endKey, keyIn, put, putFlags, putKindOfWork, putText, putWide } from "./key.ts";
import { NONE, type Member, type State } from "./state.ts";

/** What tells one member from the others whatever they are called. */
function signature({ members, record, late }: State, i: number): string {
  const m = members[i] as Member;
  beginKey();
  putFlags(m, late?.by === i ? 1 : 0);
  put(m.from === NONE ? 0 : m.from === record.primary ? 1 : 2);
  putText(m.log);
  putText(m.forks);
  put(m.fromTerm);
  put(m.term);
  put(m.ruleOffset);
  put(m.first);
  putKindOfWork(m.work);
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
