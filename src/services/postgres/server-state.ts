import type { Connection } from "./connection.ts";

/** A session through which a standby is supplied. */
export interface Sender {
  readonly pid: number;
  readonly name: string;
  /** `startup`, `catchup`, `streaming`, `backup` or `stopping`. */
  readonly state: string;
  readonly flushOffset: number | null;
  /** Above 0 once this very process counts the standby by the setting that it has read itself. */
  readonly syncPriority: number;
}

/** The process that receives, once it is connected. */
export interface Receiver {
  readonly isStreaming: boolean;
  readonly host: string | null;
  readonly port: number | null;
  /** How it is connected, without secrets. */
  readonly conninfo: string;
  readonly heardOffset: number | null;
}

/** What a server says about itself, all at one moment. */
export interface ServerState {
  readonly isStandby: boolean;
  /** When it was started, in its own words: another text is another life of it. */
  readonly life: string;
  /** The end of the last entry that was replayed. */
  readonly replayOffset: number | null;
  /** The end of what was received and flushed, not always the end of an entry; `null` when nothing was. */
  readonly receivedOffset: number | null;
  /** Primary: the end of what is on its disk. */
  readonly flushOffset: number | null;
  readonly primaryConninfo: string;
  readonly syncNames: string;
  readonly isReplayPaused: boolean;
  /** What the process that replays waits for; `null`: it works, or there is none. */
  readonly startupWait: string | null;
  /** The process that replays; `null`: there is none. */
  readonly startupPid: number | null;
  /** The processes that receive, or are about to. */
  readonly receiverPids: readonly number[];
  readonly receiver: Receiver | null;
  readonly senders: readonly Sender[];
  /** Clients that have a transaction open or a statement under way. */
  readonly busyClients: number;
  /** The processes that a takeover waits for: those that receive, replay or supply, and our own sessions. */
  readonly urgentPids: readonly number[];
}

/**
 * One round trip, cheap enough for every beat: a single value comes back, which is cheaper to read than
 * many. In recovery only functions that exist there are called.
 */
const STATEMENT = {
  name: "state",
  text: `
    WITH a AS MATERIALIZED (
      SELECT pid, backend_type, application_name, wait_event, state FROM pg_stat_get_activity(NULL)
    )
    SELECT json_build_array(
      pg_is_in_recovery(),
      pg_postmaster_start_time()::text,
      pg_last_wal_replay_lsn() - '0/0'::pg_lsn,
      pg_last_wal_receive_lsn() - '0/0'::pg_lsn,
      CASE WHEN pg_is_in_recovery() THEN NULL ELSE pg_current_wal_flush_lsn() - '0/0'::pg_lsn END,
      current_setting('primary_conninfo'),
      current_setting('synchronous_standby_names'),
      CASE WHEN pg_is_in_recovery() THEN pg_is_wal_replay_paused() ELSE false END,
      (SELECT max(wait_event) FROM a WHERE backend_type = 'startup'),
      (SELECT json_agg(pid) FROM a WHERE backend_type = 'walreceiver'),
      (SELECT json_build_array(status, sender_host, sender_port, conninfo, latest_end_lsn - '0/0'::pg_lsn)
         FROM pg_stat_get_wal_receiver() WHERE pid IS NOT NULL),
      (SELECT json_agg(json_build_array(
                a.pid, a.application_name, w.state, w.flush_lsn - '0/0'::pg_lsn, w.sync_priority))
         FROM pg_stat_get_wal_senders() w JOIN a ON a.pid = w.pid),
      (SELECT count(*) FROM a WHERE backend_type = 'client backend'
         AND state <> 'idle' AND application_name <> 'understudy'),
      (SELECT json_agg(pid) FROM a WHERE backend_type IN ('startup', 'walreceiver', 'walsender')
         OR application_name = 'understudy'),
      (SELECT max(pid) FROM a WHERE backend_type = 'startup'))::text`,
};

/** Asks a server for its state; rejects when the session does, or after `withinMs`. */
export async function readServerState(connection: Connection, withinMs: number | null): Promise<ServerState> {
  const [row] = await (withinMs === null ? connection.rows(STATEMENT) : connection.rowsWithin(withinMs, STATEMENT));
  return stateOf(JSON.parse(String(row?.[0])) as readonly unknown[]);
}

function stateOf(value: readonly unknown[]): ServerState {
  const [standby, life, replay, received, flush, conninfo, syncNames, paused, wait, ...more] = value;
  const [pids, receiver, senders, busy, urgent, startupPid] = more;
  return {
    isStandby: standby === true,
    life: String(life),
    replayOffset: offsetOf(replay),
    receivedOffset: offsetOf(received),
    flushOffset: offsetOf(flush),
    primaryConninfo: String(conninfo),
    syncNames: String(syncNames),
    isReplayPaused: paused === true,
    startupWait: typeof wait === "string" ? wait : null,
    startupPid: typeof startupPid === "number" ? startupPid : null,
    receiverPids: (pids ?? []) as readonly number[],
    receiver: Array.isArray(receiver) ? receiverOf(receiver) : null,
    senders: ((senders ?? []) as readonly unknown[][]).map(senderOf),
    busyClients: Number(busy),
    urgentPids: (urgent ?? []) as readonly number[],
  };
}

function receiverOf([status, host, port, conninfo, heard]: readonly unknown[]): Receiver {
  return {
    isStreaming: status === "streaming",
    host: typeof host === "string" ? host : null,
    port: typeof port === "number" ? port : null,
    conninfo: typeof conninfo === "string" ? conninfo : "",
    heardOffset: offsetOf(heard),
  };
}

function senderOf([pid, name, state, flush, priority]: readonly unknown[]): Sender {
  return {
    pid: Number(pid),
    name: String(name),
    state: String(state),
    flushOffset: offsetOf(flush),
    syncPriority: Number(priority ?? 0),
  };
}

/** All of these are far below 2 to the power of 53. */
function offsetOf(value: unknown): number | null {
  return typeof value === "number" ? value : null;
}
