import type { Upstream } from "./upstream.ts";

/** How requests are shared out among servers of one tier. */
export type Balance = "two" | "least" | "round-robin";

/** Every way, for the command line. */
export const BALANCES: readonly Balance[] = ["two", "least", "round-robin"];

/**
 * The server for a request, of those that are good and not in `except`: one of the first tier that has any. `undefined`:
 * there is none. `random` gives numbers from 0 to 1.
 */
export function chooseGood(
  upstreams: readonly Upstream[],
  except: readonly Upstream[],
  balance: Balance,
  nowMs: number,
  random: () => number,
): Upstream | undefined {
  let tier = Infinity;
  let among: Upstream[] = [];
  for (const upstream of upstreams) {
    const { tier: its } = upstream.config;
    if (its > tier || !upstream.standing.isGood(nowMs) || except.includes(upstream)) continue;
    if (its < tier) among = [];
    tier = its;
    among.push(upstream);
  }
  return among.length > 1 ? balanced(among, balance, random) : among[0];
}

/**
 * The server for a request when none is good: all of them failing is more likely our own fault than theirs, so nothing is
 * moved. First the one that answered last, then the others in their order.
 */
export function chooseAnyway(upstreams: readonly Upstream[], except: readonly Upstream[]): Upstream | undefined {
  let best: Upstream | undefined;
  for (const upstream of upstreams) {
    if (upstream.standing.isDraining || except.includes(upstream)) continue;
    if (best === undefined || upstream.lastHeardAtMs > best.lastHeardAtMs) best = upstream;
  }
  return best;
}

function balanced(among: readonly Upstream[], balance: Balance, random: () => number): Upstream | undefined {
  if (balance === "round-robin") return nextInTurn(among);
  if (balance === "least") return among.reduce((best, one) => (load(one) < load(best) ? one : best));
  const first = drawn(among, random);
  const second = drawn(
    among.filter((one) => one !== first),
    random,
  );
  return load(second) < load(first) ? second : first;
}

function load(upstream: Upstream | undefined): number {
  return upstream === undefined ? Infinity : (upstream.busy + 1) / upstream.config.weight;
}

/** Each as often as its weight says. */
function drawn(among: readonly Upstream[], random: () => number): Upstream | undefined {
  let left = random() * among.reduce((sum, { config }) => sum + config.weight, 0);
  return among.find(({ config }) => (left -= config.weight) < 0) ?? among.at(-1);
}

/** Smooth weighted round robin, as nginx does it: each as often as its weight says, spread evenly. */
function nextInTurn(among: readonly Upstream[]): Upstream | undefined {
  let total = 0;
  let next: Upstream | undefined;
  for (const upstream of among) {
    upstream.credit += upstream.config.weight;
    total += upstream.config.weight;
    if (next === undefined || upstream.credit > next.credit) next = upstream;
  }
  if (next !== undefined) next.credit -= total;
  return next;
}
