import assert from "node:assert/strict";
import { Failure, UnknownOutcome } from "../../src/lib/failure.ts";
import type { Store } from "../../src/store/store.ts";

/** What became of the increments of one {@link count}. */
export interface Counted {
  /** Those of which the store said that they were applied. */
  readonly applied: readonly string[];
  /** Those of which nobody knew. */
  readonly unknown: readonly string[];
  /** Those that the store said were not applied: overtaken, or failed. */
  readonly refused: readonly string[];
  /** The longest time between two that were applied, in milliseconds. */
  readonly pauseMs: number;
}

const COUNTER = "counter";

/**
 * Increments a counter by compare-and-set until `signal`. Each increment leaves a mark of its own, in the same
 * transaction, by which {@link checkMarks} finds lost and doubled ones.
 */
export async function count(store: Store, by: string, signal: AbortSignal): Promise<Counted> {
  const applied: string[] = [];
  const unknown: string[] = [];
  const refused: string[] = [];
  let lastAtMs = performance.now();
  let pauseMs = 0;
  for (let i = 0; !signal.aborted; i++) {
    const mark = `mark/${by}/${i}`;
    try {
      if (await increment(store, mark)) applied.push(mark);
      else refused.push(mark);
    } catch (error) {
      if (error instanceof UnknownOutcome) unknown.push(mark);
      else if (error instanceof Failure) refused.push(mark);
      else throw error;
      continue;
    } finally {
      if (applied.at(-1) === mark) {
        pauseMs = Math.max(pauseMs, performance.now() - lastAtMs);
        lastAtMs = performance.now();
      }
    }
    await new Promise((resolve) => setTimeout(resolve, 3));
  }
  return { applied, unknown, refused, pauseMs };
}

async function increment(store: Store, mark: string): Promise<boolean> {
  const [now] = await store.read([COUNTER]);
  const value = `${Number(now?.value ?? 0) + 1}`;
  const { applied } = await store.transact({
    expect: [
      { key: COUNTER, revision: now?.revision ?? 0 },
      { key: mark, revision: 0 },
    ],
    write: [
      { key: COUNTER, value },
      { key: mark, value },
    ],
  });
  return applied;
}

/** Checks that what was counted is what is in the store: nothing lost, nothing doubled, nothing applied that was refused. */
export async function checkMarks(store: Store, all: readonly Counted[]): Promise<void> {
  const marks = await store.list("mark/");
  const present = new Set(marks.map(({ key }) => key));
  const [counter] = await store.read([COUNTER]);
  assert.equal(Number(counter?.value ?? 0), marks.length, "each increment has one mark");
  assert.equal(new Set(marks.map(({ value }) => value)).size, marks.length, "no two increments gave the same number");
  for (const { applied, refused } of all) {
    assert.deepEqual(
      applied.filter((mark) => !present.has(mark)),
      [],
      "applied, but not there",
    );
    assert.deepEqual(
      refused.filter((mark) => present.has(mark)),
      [],
      "refused, but there",
    );
  }
  const known = new Set(all.flatMap(({ applied, unknown }) => [...applied, ...unknown]));
  assert.deepEqual(
    [...present].filter((mark) => !known.has(mark)),
    [],
    "there, but never asked for",
  );
}
