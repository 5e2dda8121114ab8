import { messageOf } from "../../lib/failure.ts";
import type { Connection } from "./connection.ts";
import type { Outcome, TransferId } from "./ledger.ts";
import { ACCOUNTS, SCHEMA } from "./schema.ts";

/** What one attempt came to. */
export interface Attempt {
  readonly outcome: Outcome;
  /** Why not, for a person; `""` when acknowledged. */
  readonly problem: string;
}

/**
 * Moves money between two random accounts and inserts a row with the unique `id`, in one transaction of
 * two messages. Up to COMMIT a failure is a refusal; from then on only a clean answer is an
 * acknowledgement, and everything else an unknown outcome. Never rejects.
 */
export async function transfer(connection: Connection, id: TransferId, random: () => number): Promise<Attempt> {
  try {
    await connection.query(statementsOf(id, random));
  } catch (error) {
    connection.cut();
    return { outcome: "refused", problem: messageOf(error) };
  }
  const warnings = connection.warnings;
  try {
    const answer = await connection.query("COMMIT");
    if (answer.command === "ROLLBACK") return { outcome: "refused", problem: "the server rolled back" };
    if (connection.warnings > warnings) return { outcome: "unknown", problem: "committed with a warning" };
    return { outcome: "acknowledged", problem: "" };
  } catch (error) {
    connection.cut();
    return { outcome: "unknown", problem: messageOf(error) };
  }
}

/** Accounts are locked in the order of their numbers, so that no two transfers wait for each other. */
function statementsOf({ batch, worker, sequence }: TransferId, random: () => number): string {
  const source = 1 + Math.floor(random() * ACCOUNTS);
  const target = 1 + ((source + Math.floor(random() * (ACCOUNTS - 1))) % ACCOUNTS);
  const amount = 1 + Math.floor(random() * 10);
  const moves = [
    { account: source, by: -amount },
    { account: target, by: amount },
  ].toSorted((a, b) => a.account - b.account);
  const updates = moves.map(
    (move) => `UPDATE ${SCHEMA}.accounts SET balance = balance + ${move.by} WHERE id = ${move.account}`,
  );
  return `BEGIN;${updates.join(";")};INSERT INTO ${SCHEMA}.transfers VALUES (${batch},${worker},${sequence},${source},${target},${amount})`;
}
