import { z } from "zod";
import { address, duration, list, network, oneOf, path, setting, settings, text } from "./words.ts";

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

const words = list(text("a word"), "a list of words, such as [node, server.js]").min(1, {
  error: "a list of words, such as [node, server.js]",
});

const SIGNALS = ["SIGTERM", "SIGINT", "SIGHUP", "SIGQUIT", "SIGUSR1", "SIGUSR2", "SIGWINCH"] as const;

const tell = (what: string) =>
  oneOf(
    {
      signal: setting(
        z
          .enum(SIGNALS, { error: `one of ${SIGNALS.join(", ")}` })
          .optional()
          .meta({ kind: "word" }),
        { text: "A signal to its main process." },
      ),
      command: setting(words.optional(), {
        text: "A command, run without a shell as the same user; it returns once that is done. It may be run again after a failure.",
      }),
    },
    what,
  );

const variables = z
  .record(
    z.string().regex(/^(?!UNDERSTUDY_)[A-Za-z_][A-Za-z0-9_]*$/, { error: "a variable's name, not UNDERSTUDY_…" }),
    z.string({ error: "a text" }),
    { error: "variables by their names" },
  )
  .default({})
  .meta({ kind: "texts by name" });

/** What is said of a program, however it is started. */
const run = {
  standby: setting(
    z.enum(["cold", "warm", "hot"], { error: "one of cold, warm, hot" }).default("cold").meta({ kind: "word" }),
    {
      text: "`cold`: it runs on the primary alone, and a takeover takes as long as its start. `warm`: it runs everywhere, and clients come to the primary alone. `hot`: the same, and the standbys may have readers.",
    },
  ),
  promote: setting(tell("how it becomes primary").optional(), {
    text: "How a standby that runs becomes primary. Default: it is ended and started anew in its role.",
  }),
  demote: setting(tell("how it becomes a standby").optional(), {
    text: "How a primary becomes a standby in a planned switchover; once the command has returned it must do nothing that only a primary may. Default: it is ended and started anew.",
  }),
  stopTimeout: setting(duration(0, 3_600_000).default("10s"), {
    text: "How long it may take to end when it is asked to.",
    lower: "A switchover is quicker; more is broken off.",
    higher: "What is under way may end; a process that hangs holds the switchover up for longer.",
  }),
  startTimeout: setting(duration(100, 3_600_000).default("60s"), {
    text: "How long it may take until it is ready. Then it is tried again, and in the end another member takes over.",
    lower: "A start that hangs is given up sooner.",
    higher: "Slow starts are waited for.",
  }),
  ready: setting(
    z
      .union([z.enum(["listens", "lives"]), settings({ command: words }, "a command")], {
        error: "listens, lives, or a command",
      })
      .default("listens")
      .meta({ kind: "word, or a command" }),
    {
      text: "When it may have clients. `listens`: once the member's address takes a connection. `lives`: once it has lived for 300 ms. `command: […]`: once that returns 0.",
    },
  ),
  position: setting(
    settings(
      { command: setting(words, { text: "Run without a shell as the same user, at most once a second." }) },
      "a command that says a number",
    ).optional(),
    {
      text: "A command whose last line is a whole number: how far the data goes that the program itself brings from member to member. `status` shows who is how far behind. Default: nobody asks.",
    },
  ),
};

const processSchema = settings(
  {
    command: setting(words, {
      text: "The program and its words; no shell reads them. It stays in the foreground. `{host}`, `{port}`, `{member}` and `{group}` in them are replaced by the member's own; `UNDERSTUDY_ROLE`, `UNDERSTUDY_TERM`, `UNDERSTUDY_PEERS` and more are in its environment, see [process.md](process.md).",
    }),
    ...run,
    stop: setting(tell("how it is asked to end").default({ signal: "SIGTERM" }), {
      text: "How it is asked to end. Default: `signal: SIGTERM`. Whatever still lives after `stopTimeout`, its children included, is ended for good.",
    }),
    directory: setting(path().optional(), {
      text: "Where it works. Default: `GROUP/work` in the node's directory.",
    }),
    environment: setting(variables, {
      text: "Variables of its environment, besides PATH, HOME, LANG, TZ and those of Understudy. No place for secrets: others may see them.",
    }),
    runAs: setting(text("the name of a user of this system").optional(), {
      text: "The system's user that it runs as when the agent is root. Default: the user of the agent.",
    }),
  },
  "the process's settings, at least its command",
);

const systemdSchema = settings(
  {
    unit: setting(
      text("the whole name of a unit, such as app.service").regex(
        /^[A-Za-z0-9:_.\\-]+(?:@[A-Za-z0-9:_.\\-]+)?\.service$/,
        {
          error: "the whole name of a service unit, such as app.service or app@one.service",
        },
      ),
      {
        text: "The unit's whole name. It is there on the hosts of all members, and not enabled: Understudy decides where it runs.",
      },
    ),
    scope: setting(z.enum(["system", "user"], { error: "system or user" }).default("system").meta({ kind: "word" }), {
      text: "Whose unit it is: that of the host (`systemctl`; the agent is root), or of the user who runs the agent (`systemctl --user`).",
    }),
    ...run,
    environment: setting(variables, {
      text: "Variables of the unit's environment, besides its own and those of Understudy. No place for secrets: others may see them.",
    }),
  },
  "the unit's settings, at least its name",
);

const SERVER = /^(\[[0-9a-fA-F:.]+\]|[A-Za-z0-9._-]+):(\d{1,5})(=[1-9]\d{0,2})?$/;

const servers = () => list(address(SERVER), "a list of servers, such as [10.0.0.1:8080, 10.0.0.2:8080]");

const externalSchema = settings(
  {
    servers: setting(servers().min(1, { error: "at least one server, such as [10.0.0.1:8080]" }), {
      text: "Where the servers listen, each with its weight behind `=` if it is another than 1: `[10.0.0.1:8080, 10.0.0.2:8080=3]`.",
    }),
    standbys: setting(servers().default([]), {
      text: "The same, for those that get something while none of `servers` can serve.",
    }),
  },
  "the servers",
);

/** What fails over, by its kind. */
export const serviceSchema = oneOf(
  {
    postgres: setting(postgresSchema.optional(), {
      text: "PostgreSQL, version 13 or later, with streaming replication. All members run the same major version.",
    }),
    process: setting(processSchema.optional(), {
      text: "Any program that keeps nothing which a takeover could lose, or looks after that itself. See [process.md](process.md).",
    }),
    systemd: setting(systemdSchema.optional(), {
      text: "The same for a unit of systemd. See [systemd.md](systemd.md).",
    }),
    external: setting(externalSchema.optional(), {
      text: "Web servers that somebody else starts and stops: they are only checked and routed to, by a route `http`. See [web.md](web.md).",
    }),
  },
  "the service that is kept available",
);
