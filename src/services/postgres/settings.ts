import type { Address } from "../../config/config.ts";
import { UserError } from "../../lib/failure.ts";
import type { DataContext } from "./context.ts";
import { serverEncryption } from "./encryption.ts";
import { socketDirectory } from "./member-directory.ts";

/**
 * The commit rule of every instance that is not a primary: it waits for somebody who can never exist. Not
 * empty, because the server's shared flag "there are synchronous standbys" then is set from the first
 * moment; were it set later, the first commits of a new primary could be acknowledged without waiting.
 */
export const NOBODY = 'ANY 1 ("understudy:nobody")';

/** What the command line of a member's server needs of its context. */
export type ServerPlace = Pick<
  DataContext,
  "config" | "group" | "member" | "address" | "data" | "delayMs" | "memberDirectory" | "programs" | "tls"
>;

/**
 * The server's options, `-c name=value` each. On the command line, because nothing overrides what stands
 * there: neither a file in the data nor ALTER SYSTEM. Throws a {@link UserError} when the
 * configuration sets what is not its to set.
 */
export function serverOptions(place: ServerPlace): readonly string[] {
  const settings = {
    ...USUAL,
    ...checkedParameters(place.config.parameters),
    ...FIXED,
    ...placed(place),
    ...ofVersion(place),
    ...serverEncryption(place),
  };
  return Object.entries(settings).flatMap(([name, value]) => ["-c", `${name}=${value}`]);
}

/** Throws a {@link UserError} that names the key when one of `parameters` would break a promise. Returns them with their names in lower case. */
export function checkedParameters(parameters: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  const checked: Record<string, string> = {};
  for (const [key, value] of Object.entries(parameters)) {
    const name = key.toLowerCase();
    const refusal = refusalOf(name, value);
    if (refusal !== null) throw new UserError(`Cannot use the parameter "${key}" = "${value}": ${refusal}`);
    checked[name] = value;
  }
  return checked;
}

function refusalOf(name: string, value: string): string | null {
  if (!/^[a-z_][a-z0-9_$]*(\.[a-z_][a-z0-9_$]*)?$/.test(name)) return "that is not the name of a setting.";
  if (value.includes("\0")) return "it contains a zero byte.";
  const allowed = LIMITED[name];
  if (allowed !== undefined)
    return allowed.includes(value.toLowerCase()) ? null : `it must be ${allowed.join(" or ")}.`;
  const isOurs = name in FIXED || PLACED.includes(name) || DECIDED.includes(name) || name.startsWith("recovery_target");
  return isOurs ? "Understudy sets it itself, and the group's safety depends on it. Remove it." : null;
}

/** May be set, but not to everything. */
const LIMITED: Readonly<Record<string, readonly string[]>> = {
  wal_level: ["replica", "logical"],
  synchronous_commit: ["on", "remote_apply"],
};

/** Follow from the place of the member. */
const PLACED: readonly string[] = [
  "port",
  "listen_addresses",
  "unix_socket_directories",
  "data_directory",
  "hba_file",
  "ident_file",
  "recovery_min_apply_delay",
];

/** Change while the server runs, or would let it start as something else. */
const DECIDED: readonly string[] = [
  "synchronous_standby_names",
  "primary_conninfo",
  "primary_slot_name",
  "promote_trigger_file",
  "config_file",
  "ignore_system_indexes",
  "ignore_checksum_failure",
  "ignore_invalid_pages",
  "zero_damaged_pages",
  "data_sync_retry",
  "transaction_read_only",
  "default_transaction_read_only",
];

/** What safety, or the time of a takeover, depends on. */
const FIXED: Readonly<Record<string, string>> = {
  fsync: "on",
  full_page_writes: "on",
  // A crashed server must come back through a term, never by itself.
  restart_after_crash: "off",
  hot_standby: "on",
  // What a rewind needs when the data has no checksums.
  wal_log_hints: "on",
  recovery_target_timeline: "latest",
  // A target left over from a restored backup would stop a standby in the middle of its replay.
  recovery_target: "",
  recovery_target_lsn: "",
  recovery_target_name: "",
  recovery_target_time: "",
  recovery_target_xid: "",
  // A foreign archive must not move a sealed member.
  restore_command: "",
  // How soon a standby tries again whose stream broke. A reload makes it try at once, so a takeover does not wait for
  // it. While the primary is gone each try forks a process: 7 % of a core at 100 ms, 28 % at 20 ms, 1.5 % at 500 ms.
  wal_retrieve_retry_interval: "100ms",
  // How often a standby tells its position when nothing happens; what it has flushed it tells at once.
  wal_receiver_status_interval: "1s",
  password_encryption: "scram-sha-256",
  unix_socket_permissions: "0700",
  // Its words come to us through its standard error.
  logging_collector: "off",
  log_destination: "stderr",
};

/** What a user may set otherwise. */
const USUAL: Readonly<Record<string, string>> = {
  wal_level: "replica",
  // How far a standby can be behind before it must be cloned anew.
  wal_keep_size: "256MB",
  // The defaults are so many segments, and ours are small.
  min_wal_size: "80MB",
  max_wal_size: "1GB",
  max_wal_senders: "16",
  // Hosts that lost power say nothing: a silent peer is given up after some seconds.
  wal_sender_timeout: "5s",
  wal_receiver_timeout: "5s",
  tcp_keepalives_idle: "2",
  tcp_keepalives_interval: "1",
  tcp_keepalives_count: "3",
  tcp_user_timeout: "5s",
  // A query on a standby must not hold up a takeover.
  max_standby_streaming_delay: "1s",
  max_standby_archive_delay: "1s",
  log_line_prefix: "%m [%p] %q%u@%d ",
};

function placed(place: ServerPlace): Readonly<Record<string, string>> {
  return {
    cluster_name: `${place.group}/${place.member}`,
    // One that may take over could not do so at once: the configuration gives a delay to nobody else.
    recovery_min_apply_delay: `${place.delayMs}ms`,
    data_directory: place.data,
    hba_file: `${place.data}/pg_hba.conf`,
    ident_file: `${place.data}/pg_ident.conf`,
    ...listening(place.address),
    unix_socket_directories: listItem(socketDirectory(place.memberDirectory)),
  };
}

/** Until version 15 a file could promote a standby. */
function ofVersion(place: ServerPlace): Readonly<Record<string, string>> {
  return place.programs.major <= 15 ? { promote_trigger_file: "" } : {};
}

/** A directory as an item of a list: a comma or a space in its name separates nothing. */
function listItem(directory: string): string {
  return `"${directory.replaceAll('"', '""')}"`;
}

function listening(address: Address): Readonly<Record<string, string>> {
  return { port: String(address.port), listen_addresses: address.host };
}
