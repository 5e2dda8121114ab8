import { asPostgres } from "../config/as-postgres.ts";
import { relative } from "node:path";
import type { Address, GroupConfig } from "../config/config.ts";
import type { Place } from "./place.ts";

/** How to connect, in lines to copy. The password is in a file, not in the text. */
export function connectionLines(group: GroupConfig, passfile: string): readonly string[] {
  const { database, user } = asPostgres(group.service);
  const url = ({ host, port }: Address): string =>
    `postgresql://${user}@${host}:${port}/${database}?passfile=${encodeURI(passfile)}`;
  const route = group.routes.find(({ kind }) => kind === "proxy");
  if (route?.kind !== "proxy") return [];
  const readOnly = route.readOnly === null ? [] : ["Read only, from the standbys:", `  psql "${url(route.readOnly)}"`];
  return [
    "Connect to it, from another terminal; whoever is primary, the address stays:",
    `  psql "${url(route.readWrite)}"`,
    ...readOnly,
  ];
}

/** How to look at it with the command line. */
export function commandLines({ file }: Place, checkout: string): readonly string[] {
  const program = relative(process.cwd(), `${checkout}/bin/understudy.mjs`);
  const shown = program.startsWith(".") ? program : `./${program}`;
  return ["See how it is, and why:", `  ${shown} status --watch --config ${file}`, `  ${shown} why --config ${file}`];
}

/** What begins. */
export function introduction(group: GroupConfig, place: Place, version: string): readonly string[] {
  const members = Object.keys(group.members);
  return [
    "Understudy quickstart",
    "",
    `PostgreSQL ${version} on this machine, kept by ${members.length} members: ${members.join(", ")}. One is the primary, the others`,
    "are standbys that hold a copy. A commit is acknowledged only when a standby has it on disk, too.",
    place.isNew ? `Everything is kept in ${place.directory}` : `Going on with the data in ${place.directory}`,
    `Configuration: ${place.file}`,
    "",
    place.isNew ? "Making the database and the first copies of it; this takes some seconds." : "Starting the members.",
  ];
}
