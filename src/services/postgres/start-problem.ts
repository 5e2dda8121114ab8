import type { Place } from "./instance.ts";
import { serverLog } from "./member-directory.ts";

/** What a server tells those who connect while it starts or ends, ourselves among them: never why it ended. */
const SAID_TO_CLIENTS = /^(the database system is |terminating connection )/;

/** Why a server that was started has ended, by what it wrote into its log, and what to do about it. */
export function endOfStart(place: Place, log: string): string {
  const fatal = messages(log, "PANIC")[0] ?? messages(log, "FATAL").find((text) => !SAID_TO_CLIENTS.test(text));
  const reason = /could not bind .*/.exec(log)?.[0];
  const said = [fatal, reason].filter(Boolean).join("; ") || "it said nothing";
  return `PostgreSQL did not start in "${place.data}": ${said}. ${advice(place, log)}`;
}

function messages(log: string, severity: string): readonly string[] {
  return [...log.matchAll(new RegExp(`(?:${severity}): {1,2}(.*)`, "g"))].map((match) => match[1] ?? "");
}

function advice({ address, member, memberDirectory, account }: Place, log: string): string {
  if (/Address already in use/.test(log))
    return `Something else listens on ${address.host}:${address.port}: end it, or give "${member}" another port.`;
  if (/Cannot assign requested address/.test(log))
    return `${address.host} is no address of this host: correct the address of "${member}".`;
  if (
    /unrecognized configuration parameter|invalid value for parameter|requires a .* value|outside the valid range/.test(
      log,
    )
  )
    return `Correct it in "parameters" of the configuration (or in postgresql.conf, if it stands there).`;
  if (/pre-existing shared memory block/.test(log))
    return `Another server process of "${account.name}" still uses this data, perhaps in another container: end it.`;
  if (/No space left on device|Disk quota exceeded/.test(log)) return "Its disk is full: make room.";
  return `Its whole log is in "${serverLog(memberDirectory)}".`;
}
