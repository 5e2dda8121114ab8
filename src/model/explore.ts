/** Something whose states can all be visited. */
export interface Space<S> {
  readonly start: S;
  /** One key for all states that need not be told apart. */
  readonly key: (state: S) => string;
  readonly stateOf: (key: string) => S;
  readonly next: (state: S, emit: (after: S, who: number, what: string, because: string) => void) => void;
  /** What is wrong with a state; `null`: nothing. */
  readonly violationOf: (state: S) => string | null;
}

export interface Step<S> {
  readonly who: number;
  readonly what: string;
  readonly because: string;
  readonly after: S;
}

/** `complete`: every state was visited. `bounded`: the limit came first, and what lies behind it is not known. */
export type Exploration<S> =
  | { readonly outcome: "complete" | "bounded"; readonly states: number; readonly depth: number }
  | {
      readonly outcome: "violated";
      readonly states: number;
      readonly violation: string;
      readonly trace: readonly Step<S>[];
    };

/** Visits all states, the nearest first, so that the first violation found has a shortest trace. */
export function explore<S>(space: Space<S>, limit: number): Exploration<S> {
  const visited = new Visited();
  const first = space.violationOf(space.start);
  if (first !== null) return { outcome: "violated", states: 1, violation: first, trace: [] };
  visited.add(space.key(space.start), -1);
  let depth = 0;
  let levelEnd = 1;
  for (let at = 0; at < visited.size; at += 1) {
    if (at === levelEnd) {
      depth += 1;
      levelEnd = visited.size;
    }
    let violation: string | null = null;
    space.next(space.stateOf(visited.keyAt(at)), (after) => {
      violation ??= space.violationOf(after);
      if (violation === null) visited.add(space.key(after), at);
    });
    if (violation !== null)
      return { outcome: "violated", states: visited.size, violation, trace: traceTo(space, visited, at) };
    if (visited.size > limit) return { outcome: "bounded", states: visited.size, depth };
  }
  return { outcome: "complete", states: visited.size, depth };
}

/** Walks from the start to the state `at` and one step further, into the violation; members keep their names on the way. */
function traceTo<S>(space: Space<S>, visited: Visited, at: number): readonly Step<S>[] {
  const keys = visited.pathTo(at).slice(1);
  const trace: Step<S>[] = [];
  let state = space.start;
  for (const key of [...keys, null]) {
    let step: Step<S> | null = null;
    space.next(state, (after, who, what, because) => {
      const wanted = key === null ? space.violationOf(after) !== null : space.key(after) === key;
      if (wanted) step ??= { who, what, because, after };
    });
    const found = step as Step<S> | null;
    if (found === null) throw new Error("the trace cannot be walked again: a key says too little about its state");
    trace.push(found);
    state = found.after;
  }
  return trace;
}

/** More keys than one map of the runtime can hold. */
const MAPS = 16;

/** The states seen so far, in the order in which they were found, with the state that each was found from. */
class Visited {
  readonly #sets = Array.from({ length: MAPS }, () => new Set<string>());
  readonly #keys: string[] = [];
  readonly #parents: number[] = [];

  get size(): number {
    return this.#keys.length;
  }

  keyAt(at: number): string {
    return this.#keys[at] ?? "";
  }

  add(key: string, parent: number): void {
    let hash = key.length;
    for (let i = 2; i < key.length; i += 5) hash = (hash * 31 + key.charCodeAt(i)) | 0;
    const set = this.#sets[(hash >>> 8) % MAPS] as Set<string>;
    const before = set.size;
    set.add(key);
    if (set.size === before) return;
    this.#keys.push(key);
    this.#parents.push(parent);
  }

  pathTo(at: number): readonly string[] {
    const path: string[] = [];
    for (let i = at; i >= 0; i = this.#parents[i] ?? -1) path.push(this.keyAt(i));
    return path.toReversed();
  }
}
