import type { Fork } from "../../core/position.ts";
import type { Instance } from "./instance.ts";
import type { Identity } from "./identity.ts";
import { switchesOf } from "./switches.ts";
import { STATEMENT_MS } from "./instance.ts";

/**
 * The history that the data of a standby belongs to, terms included that it has received without having been
 * told of them: a receiver whose agent is away connects again to a primary that was restarted in place, and goes
 * on into its next term. Each change of the timeline behind the last known term must have a first entry of a later
 * term in the data; else (somebody has promoted it by hand) nothing is added.
 */
export function withLateForks(
  forks: readonly Fork[],
  switches: readonly number[],
  terms: readonly number[],
  offset: number,
): readonly Fork[] {
  const last = forks.at(-1);
  if (last === undefined) return forks;
  const unknown = switches.filter((at) => at < offset && at > last.offset);
  const later = terms.filter((term) => term > last.term);
  if (unknown.length === 0 || unknown.length !== later.length) return forks;
  return [...forks, ...unknown.map((at, i) => ({ term: later[i] ?? 0, offset: at }))];
}

/** Finds such terms in the data of a standby that ends at `offset`, and makes them part of its identity, durably. */
export async function learnForks(
  { place, identity, acting }: Instance,
  known: Identity,
  offset: number,
): Promise<Identity> {
  const last = known.forks.at(-1);
  const switches = await switchesOf(place.data).catch(() => []);
  if (last === undefined || !switches.some((at) => at > last.offset && at < offset)) return known;
  const rows = await acting.rowsWithin(STATEMENT_MS, { text: "SELECT term FROM understudy.term ORDER BY term" });
  const forks = withLateForks(
    known.forks,
    switches,
    rows.map((row) => Number(row[0])),
    offset,
  );
  if (forks !== known.forks) await identity.change({ forks });
  return identity.get();
}
