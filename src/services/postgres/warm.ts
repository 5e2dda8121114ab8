import { Connection } from "./connection.ts";
import { ownLogin, STATEMENT_MS, type Instance } from "./instance.ts";

/** After a restart the receiver is given that long to begin before the standby does anything else. */
export const WARM_AFTER_MS = 1000;

/**
 * Logs in to the application's database once. The first session after a start builds the server's file of
 * what a session needs to know of a database, some ten milliseconds; on a standby nobody else may do it
 * before the takeover, and then the first client would wait for it. A failure costs only that.
 */
export async function warm({ place, clock }: Instance): Promise<void> {
  const connection = new Connection({ ...ownLogin(place), database: place.config.database }, clock, () => undefined);
  try {
    await connection.rowsWithin(STATEMENT_MS, { text: "SELECT count(*) FROM pg_class WHERE relkind = 'r'" });
  } catch {
    return;
  } finally {
    connection.close();
  }
}
