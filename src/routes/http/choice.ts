import type { Upstream } from "./upstream.ts";

/** How requests are shared out among servers of one tier. */
export type Balance = "two" | "least" | "round-robin" | "client";

/** Every way, for the command line. */
export const BALANCES: readonly Balance[] = ["two", "least", "round-robin", "client"];

/** What a choice may depend on besides the servers. */
export interface Chooser {
  readonly balance: Balance;
  readonly nowMs: number;
  /** Who asks. */
  readonly client: string;
  /** Gives numbers from 0 to 1. */
  readonly random: () => number;
}

/**
 * The server for a request, of those that are good and not in `except`: one of the first tier that has any. `undefined`:
 * there is none.
 */
export function chooseGood(
  upstreams: readonly Upstream[],
  except: readonly Upstream[],
  chooser: Chooser,
): Upstream | undefined {
  let tier = Infinity;
  let among: Upstream[] = [];
  for (const upstream of upstreams) {
    const { tier: its } = upstream.config;
    if (its > tier || !upstream.standing.isGood(chooser.nowMs) || except.includes(upstream)) continue;
    if (its < tier) among = [];
    tier = its;
    among.push(upstream);
  }
  return among.length > 1 ? balanced(among, chooser) : among[0];
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

function balanced(among: readonly Upstream[], { balance, client, nowMs, random }: Chooser): Upstream | undefined {
  const weight = (one: Upstream): number => one.config.weight * one.standing.share(nowMs);
  const load = (one: Upstream | undefined): number => (one === undefined ? Infinity : one.busy / weight(one));
  if (balance === "round-robin") return nextInTurn(among, weight);
  if (balance === "client") return ofClient(among, client);
  const first = drawn(among, weight, random);
  if (balance === "least") return among.reduce((best, one) => (load(one) < load(best) ? one : best), first);
  const second = drawn(
    among.filter((one) => one !== first),
    weight,
    random,
  );
  return load(second) < load(first) ? second : first;
}

type Weight = (upstream: Upstream) => number;

/** Each as often as its weight says. Among those that have nothing to do this decides alone. */
function drawn(among: readonly Upstream[], weight: Weight, random: () => number): Upstream | undefined {
  let left = random() * among.reduce((sum, one) => sum + weight(one), 0);
  return among.find((one) => (left -= weight(one)) < 0) ?? among.at(-1);
}

/** Smooth weighted round robin, as nginx does it: each as often as its weight says, spread evenly. */
function nextInTurn(among: readonly Upstream[], weight: Weight): Upstream | undefined {
  let total = 0;
  let next: Upstream | undefined;
  for (const upstream of among) {
    const earned = weight(upstream);
    upstream.credit += earned;
    total += earned;
    if (next === undefined || upstream.credit > next.credit) next = upstream;
  }
  if (next !== undefined) next.credit -= total;
  return next;
}

/**
 * Always the same one for the same client, and for different clients each as often as its weight says (rendezvous hashing): when
 * one comes or goes, only its own clients move.
 */
function ofClient(among: readonly Upstream[], client: string): Upstream | undefined {
  let best: Upstream | undefined;
  let bestScore = -Infinity;
  for (const upstream of among) {
    const score = upstream.config.weight / -Math.log(numberOf(`${client} ${upstream.name}`));
    if (score > bestScore) [best, bestScore] = [upstream, score];
  }
  return best;
}

/** A number between 0 and 1 that depends on every character (FNV-1a, and a last mix from MurmurHash3). */
function numberOf(text: string): number {
  let hash = 0x811c9dc5;
  for (let at = 0; at < text.length; at += 1) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (((hash ^ (hash >>> 16)) >>> 0) + 1) / (2 ** 32 + 2);
}
