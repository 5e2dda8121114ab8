import type { QueryResult } from "pg";
import { Failure } from "../../lib/failure.ts";
import type { Connection } from "./connection.ts";
import { keyOf } from "./ledger.ts";
import { ACCOUNTS, OPENING_BALANCE, SCHEMA } from "./schema.ts";

/** What the database holds, beside what it had acknowledged. */
export interface Verdict {
  readonly acknowledged: number;
  /** Acknowledged commits that are missing. */
  readonly lost: number;
  /** Rows too many: an id that is there n times counts n - 1. */
  readonly duplicated: number;
  /** Whether all accounts together hold what they began with. */
  readonly balanced: boolean;
  /** Some of the lost ids, for whoever looks into it. */
  readonly lostIds: readonly string[];
}

/** Compares acknowledged ids with the ids of the rows that are there. Rows beyond the acknowledged are unknown outcomes. */
export function compare(
  acknowledged: ReadonlySet<number>,
  rows: Iterable<number>,
): { readonly lost: readonly number[]; readonly duplicated: number } {
  const seen = new Set<number>();
  let duplicated = 0;
  for (const key of rows) {
    if (seen.has(key)) duplicated += 1;
    seen.add(key);
  }
  return { lost: [...acknowledged].filter((key) => !seen.has(key)), duplicated };
}

/** Verifies one batch against the database that `connection` leads to: the current primary. */
export async function verify(
  connection: Connection,
  batch: number,
  acknowledged: ReadonlySet<number>,
): Promise<Verdict> {
  const rows = await read(connection, `SELECT worker, sequence FROM ${SCHEMA}.transfers WHERE batch = ${batch}`);
  const keys = rows.map((row) => keyOf(Number(row["worker"]), Number(row["sequence"])));
  const { lost, duplicated } = compare(acknowledged, keys);
  const [sum] = await read(
    connection,
    `SELECT count(*)::int AS accounts, sum(balance)::bigint AS total FROM ${SCHEMA}.accounts`,
  );
  const balanced = sum?.["accounts"] === ACCOUNTS && Number(sum["total"]) === ACCOUNTS * OPENING_BALANCE;
  const lostIds = lost.slice(0, 10).map((key) => `${batch}/${Math.floor(key / 1e9)}/${key % 1e9}`);
  return { acknowledged: acknowledged.size, lost: lost.length, duplicated, balanced, lostIds };
}

/** Verdicts of several batches as one. */
export function mergeVerdicts(verdicts: readonly Verdict[]): Verdict {
  const sum = (of: (v: Verdict) => number): number => verdicts.reduce((total, verdict) => total + of(verdict), 0);
  return {
    acknowledged: sum((v) => v.acknowledged),
    lost: sum((v) => v.lost),
    duplicated: sum((v) => v.duplicated),
    balanced: verdicts.every((v) => v.balanced),
    lostIds: verdicts.flatMap((v) => v.lostIds).slice(0, 10),
  };
}

async function read(connection: Connection, query: string): Promise<QueryResult["rows"]> {
  try {
    const answer = await connection.query(query, [], 60_000);
    return answer.rows;
  } catch (error) {
    throw new Failure(`Cannot read back what was written: ${String(error)}`);
  }
}
