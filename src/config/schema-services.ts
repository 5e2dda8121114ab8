import { z } from "zod";
import { list, network, oneOf, path, setting, settings, text } from "./words.ts";

const identifier = (what: string) =>
  z
    .string({ error: what })
    .regex(/^(?!pg_)[a-zA-Z_][a-zA-Z0-9_$-]{0,62}$/, { error: what })
    .meta({ kind: "name" });

const parameters = z
  .record(
    z.string().regex(/^[a-z_][a-z0-9_.]*$/i, { error: "a setting of the server, such as shared_buffers" }),
    z.union([z.string(), z.number(), z.boolean()], { error: "a text, a number or true/false" }),
    { error: "the server's settings by their names" },
  )
  .default({})
  .meta({ kind: "texts by name" });

const postgresSchema = settings(
  {
    database: setting(identifier("a database's name, of at most 63 letters, digits and _").default("app"), {
      text: "The application's database, made with a new group.",
    }),
    user: setting(identifier("a role's name, of at most 63 letters, digits and _").default("app"), {
      text: "The application's role, made with a new group; it owns the database. Its password is generated and kept in a file.",
    }),
    parameters: setting(parameters, {
      text: "The server's own settings, as in postgresql.conf, for all members. Settings that failover depends on (addresses, replication, synchronous standbys) are made by Understudy and refused here.",
    }),
    clients: setting(list(network(), "a list of addresses or networks").optional(), {
      text: "From where clients and proxies may come in, with a password, besides the hosts of the members: addresses (`192.0.2.7`) and networks (`192.0.2.0/24`). Needed for a proxy on a host of its own. In an adopted cluster it is the application's user alone that may, as from the members' hosts; its own lines decide about the others.",
    }),
    programs: setting(path().optional(), {
      text: "The directory of PostgreSQL's programs (`postgres`, `pg_basebackup`, …). Default: looked for in the usual places; the newest version, or the data's own.",
    }),
    runAs: setting(text("the name of a user of this system").optional(), {
      text: "The system's user that the server runs as when the agent is root. Default: the owner of the data, else `postgres`.",
    }),
  },
  "PostgreSQL's settings",
);

/** What fails over, by its kind. */
export const serviceSchema = oneOf(
  {
    postgres: setting(postgresSchema.optional(), {
      text: "PostgreSQL, version 13 or later, with streaming replication. All members run the same major version.",
    }),
  },
  "the service that is kept available",
);
