/** A server of the backend, as HAProxy has it now. */
export interface ServerState {
  readonly name: string;
  /** Whether it may have new connections. */
  readonly isReady: boolean;
  /** Whether it is out of service when HAProxy starts. */
  readonly isDisabledAtStart: boolean;
  readonly sessions: number;
}

/** The questions whose answer {@link serversIn} reads. */
export function lookCommands(backend: string): readonly string[] {
  return [`show servers state ${backend}`, `show stat ${backend} 4 -1`];
}

/** The flags of `srv_admin_state` in the format 1 of `show servers state`. */
const TAKEN_OUT = 0x01;
const DISABLED_IN_FILE = 0x04;
const DRAINING = 0x08;

/** The servers that HAProxy told of; `null`: it has no such backend. */
export function serversIn(answer: string): readonly ServerState[] | null {
  if (/can't find backend/i.test(answer)) return null;
  const lines = answer.split("\n");
  const sessions = sessionsIn(lines);
  return rowsUnder(lines, "# be_id ", " ").map((row) => {
    const [name = "", admin] = [row["srv_name"], Number(row["srv_admin_state"])];
    return {
      name,
      isReady: (admin & (TAKEN_OUT | DRAINING)) === 0,
      isDisabledAtStart: (admin & DISABLED_IN_FILE) !== 0,
      sessions: sessions.get(name) ?? 0,
    };
  });
}

function sessionsIn(lines: readonly string[]): ReadonlyMap<string, number> {
  return new Map(rowsUnder(lines, "# pxname,", ",").map((row) => [row["svname"] ?? "", Number(row["scur"])]));
}

/** The rows of the table whose head begins like that, by the head's names. */
function rowsUnder(lines: readonly string[], head: string, separator: string): readonly Record<string, string>[] {
  const at = lines.findIndex((line) => line.startsWith(head));
  if (at < 0) return [];
  const names = (lines[at] ?? "").slice(2).split(separator);
  const end = lines.findIndex((line, i) => i > at && line.trim() === "");
  return lines.slice(at + 1, end < 0 ? undefined : end).map((line) => {
    const values = line.split(separator);
    return Object.fromEntries(names.map((name, i) => [name, values[i] ?? ""]));
  });
}

/** What HAProxy is to do. */
export interface Wanted {
  /** The only member that new clients may get; `null`: none. */
  readonly ready: string | null;
  /** The only member whose clients may stay; `null`: none. */
  readonly stay: string | null;
  /** Whether those that stay are of an earlier term, and go as well. */
  readonly isNewTerm: boolean;
  /** The server that holds clients while none is ready. */
  readonly hold: string | null;
}

/**
 * The commands that bring `servers` to what is wanted; none if they are there. Nobody is let in anywhere before everybody is out who may not
 * stay.
 */
export function commandsFor(
  backend: string,
  members: readonly string[],
  servers: readonly ServerState[],
  { ready, stay, isNewTerm, hold }: Wanted,
): readonly string[] {
  const set = (name: string, state: "ready" | "maint"): string => `set server ${backend}/${name} state ${state}`;
  const ours = servers.filter(({ name }) => members.includes(name));
  const mayStay = (name: string): boolean => name === stay && !isNewTerm;
  const closing = ours.filter(({ name, isReady }) => isReady && (name !== ready || isNewTerm));
  const cutting = ours.filter(({ name, isReady, sessions }) => !mayStay(name) && (isReady || sessions > 0));
  const holding = servers.find(({ name }) => name === hold);
  const opening = ours.filter(({ name, isReady }) => name === ready && (!isReady || isNewTerm));
  const isHolding = ready === null;
  return [
    ...closing.map(({ name }) => set(name, "maint")),
    ...(holding && isHolding && !holding.isReady ? [set(holding.name, "ready")] : []),
    ...cutting.map(({ name }) => `shutdown sessions server ${backend}/${name}`),
    ...opening.map(({ name }) => set(name, "ready")),
    ...(holding && !isHolding && holding.isReady ? [set(holding.name, "maint")] : []),
  ];
}
