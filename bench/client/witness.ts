import { setTimeout as sleep } from "node:timers/promises";
import { systemClock } from "../../src/agent/system-clock.ts";
import { Connection, type Target } from "../../src/quickstart/client/connection.ts";
import { SCHEMA } from "../../src/quickstart/client/schema.ts";
import type { Witnessed } from "./overlap.ts";

/** Between two tries at one member. */
const PERIOD_MS = 100;

/**
 * Tries to write to every member directly, ten times a second, whoever is primary: only so it shows
 * when two members acknowledge at the same time. What is not acknowledged proves nothing and is forgotten.
 */
export class Witness {
  readonly writes: Witnessed[] = [];
  #ended = false;
  readonly #watches: Promise<void>[];
  readonly #tell: (write: Witnessed) => void;

  /** `tell` hears of each acknowledged write at once. */
  constructor(members: Readonly<Record<string, Target>>, tell: (write: Witnessed) => void = () => undefined) {
    this.#tell = tell;
    this.#watches = Object.entries(members).map(([member, target]) => this.#watch(member, target));
  }

  /** Makes the table that the witness writes to, through a connection to the primary. */
  static async createTable(primary: Connection): Promise<void> {
    await primary.query(
      `CREATE TABLE IF NOT EXISTS ${SCHEMA}.witnessed (member text NOT NULL, sequence integer NOT NULL)`,
      undefined,
      10_000,
    );
  }

  async stop(): Promise<void> {
    this.#ended = true;
    await Promise.all(this.#watches);
  }

  async #watch(member: string, target: Target): Promise<void> {
    let connection: Connection | null = null;
    for (let sequence = 1; !this.#ended; sequence += 1) {
      const sentAtMs = systemClock.nowMs();
      try {
        if (connection === null || connection.isLost) connection = await Connection.open(target, "witness");
        await this.#write(connection, member, sequence);
      } catch {
        // A standby refuses, a dead member does not answer: neither is an acknowledgement.
      }
      await sleep(Math.max(0, sentAtMs + PERIOD_MS - systemClock.nowMs()));
    }
    connection?.close();
  }

  async #write(connection: Connection, member: string, sequence: number): Promise<void> {
    const sentAtMs = systemClock.nowMs();
    const warnings = connection.warnings;
    const answer = await connection.query(
      `INSERT INTO ${SCHEMA}.witnessed VALUES ('${member}', ${sequence})
       RETURNING substr(pg_walfile_name(pg_current_wal_lsn()), 1, 8) AS timeline`,
      [],
    );
    if (connection.warnings > warnings) return;
    const timeline = String(answer.rows[0]?.timeline);
    const write = { member, timeline, sentAtMs, acknowledgedAtMs: systemClock.nowMs() };
    this.writes.push(write);
    this.#tell(write);
  }
}
