import { setTimeout as sleep } from "node:timers/promises";
import { systemClock } from "../../agent/system-clock.ts";
import { messageOf } from "../../lib/failure.ts";
import { Connection, type Target } from "./connection.ts";
import type { Ledger } from "./ledger.ts";
import { nextDueMs } from "./pace.ts";
import { transfer } from "./transfer.ts";

/** Between two attempts to connect. */
const RETRY_MS = 20;
/** As much of what was held up is caught up with. */
const CATCH_UP_MS = 50;

/** What a worker shares with the others. */
export interface Shift {
  readonly target: Target;
  readonly ledger: Ledger;
  /** Milliseconds between two transactions of one worker; may change while work goes on. */
  readonly periodMs: () => number;
  /** Goes into every row; may change while work goes on. */
  readonly batch: () => number;
  readonly ended: () => boolean;
}

/** Commits one transfer after the other on a connection of its own until the shift has ended; reconnects at once. Never rejects. */
export async function work(worker: number, shift: Shift): Promise<void> {
  const { ledger } = shift;
  let connection: Connection | null = null;
  let dueMs = systemClock.nowMs() + Math.random() * shift.periodMs();
  for (let sequence = 1; !shift.ended(); sequence += 1) {
    if (connection === null || connection.isLost) connection = await reconnect(worker, shift);
    if (connection === null) break;
    const waitMs = dueMs - systemClock.nowMs();
    if (waitMs >= 1) await sleep(waitMs);
    const sentAtMs = systemClock.nowMs();
    const id = { batch: shift.batch(), worker, sequence };
    const { outcome, problem } = await transfer(connection, id, Math.random);
    const nowMs = systemClock.nowMs();
    if (outcome === "acknowledged") ledger.acknowledge(id, sentAtMs, nowMs);
    else {
      ledger[outcome] += 1;
      ledger.lastError = problem;
    }
    dueMs = nextDueMs(dueMs, nowMs, shift.periodMs(), CATCH_UP_MS);
  }
  connection?.close();
}

/** The first try is at once; `null` once the shift has ended. */
async function reconnect(worker: number, { target, ledger, ended }: Shift): Promise<Connection | null> {
  while (!ended()) {
    try {
      const connection = await Connection.open(target, `load ${worker}`);
      ledger.connects += 1;
      return connection;
    } catch (error) {
      ledger.failedConnects += 1;
      ledger.lastError = messageOf(error);
      await sleep(RETRY_MS);
    }
  }
  return null;
}
