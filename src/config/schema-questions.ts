import { z } from "zod";
import { count, duration, list, path, setting, settings, shaped, text } from "./words.ts";

const common = {
  interval: setting(duration(50, 3_600_000).default("1s"), {
    text: "From the end of one try to the start of the next.",
    lower: "Trouble is noticed sooner; the service is asked more often.",
    higher: "Less load; trouble is noticed later.",
  }),
  inDoubt: setting(duration(50, 3_600_000).optional(), {
    text: "The interval while the last try speaks against the verdict. Default: a quarter of `interval`, at least 50ms.",
    lower: "A verdict changes sooner; a service in trouble is asked more often.",
    higher: "A service in trouble is left in peace; a verdict changes later.",
  }),
  timeout: setting(duration(10, 60_000).default("1s"), {
    text: "A try without an answer by then has failed.",
    lower: "A hanging service is noticed sooner; a busy one may be taken for a failed one.",
    higher: "Slow answers are accepted; a hanging service is noticed later.",
  }),
  slow: setting(duration(1, 60_000).optional(), {
    text: "A good answer that takes longer is a slow one: it is told, and nobody is suspected for it. Less than `timeout`. Default: no answer is slow.",
    lower: "Slowness is told sooner.",
    higher: "Only great slowness is told.",
  }),
  rise: setting(count(1, 100).default(2), {
    text: "So many good tries in a row make it `up`.",
    lower: "A member is trusted again sooner, also one that flaps.",
    higher: "A member must prove itself for longer.",
  }),
  fall: setting(count(1, 100).default(3), {
    text: "So many bad tries in a row make it `down`.",
    lower: "Trouble counts sooner, also a single hiccup.",
    higher: "Hiccups are ridden out; real trouble counts later.",
  }),
  flaps: setting(count(0, 1000).default(5), {
    text: "So many changes between `up` and `down` within ten minutes are believed. After more of them it stays `down` until it has been good for 10s without a break, and twice as long each further time. 0: every change is believed.",
    lower: "A flapping member is put aside sooner.",
    higher: "A member may flap more often before it is put aside.",
  }),
};

const DEFAULTS = "the check's settings, {} for the defaults";

const tls = settings(
  {
    minDays: setting(count(0, 3650).default(1), {
      text: "For so many days more its certificate must be valid.",
      lower: "An old certificate is told later; 0: when it has ended.",
      higher: "There is more time to renew it.",
    }),
    ca: setting(path().optional(), {
      text: "The file, in PEM format, with the certificates that are believed. Default: the usual authorities.",
    }),
  },
  "TLS's settings, {} for the defaults",
);

const http = settings(
  {
    path: setting(shaped(/^\/[!-~]*$/, "path of a URL", "a path that begins with /, without blanks").default("/"), {
      text: "What is asked for, with its query.",
    }),
    method: setting(z.enum(["GET", "HEAD"], { error: "one of GET, HEAD" }).default("GET").meta({ kind: "word" }), {
      text: "How it is asked for.",
    }),
    host: setting(shaped(/^[!-~]+$/, "host", "a host's name, such as shop.example").optional(), {
      text: "The name that is asked for, in `Host` and by TLS. Default: the member's address.",
    }),
    status: setting(
      shaped(
        /^[1-5]\d\d(-[1-5]\d\d)?(,[1-5]\d\d(-[1-5]\d\d)?)*$/,
        "list of statuses",
        "statuses, such as 200-299,301",
      ).default("200-399"),
      { text: "Which statuses are good: numbers and ranges, with commas between them." },
    ),
    header: setting(
      settings(
        {
          name: setting(shaped(/^[A-Za-z0-9!#$%&'*+.^_`|~-]+$/, "name", "a header's name"), { text: "Its name." }),
          contains: setting(text("a text"), { text: "The text in it." }),
        },
        "a header's name, and what it contains",
      ).optional(),
      { text: "A header that the answer must have, with a text in it." },
    ),
    body: setting(text("a text").optional(), { text: "A text that must be in the answer's first 64 kB." }),
    tls: setting(tls.optional(), { text: "Asks by TLS. Default: without." }),
    ...common,
  },
  DEFAULTS,
);

const grpc = settings(
  {
    service: setting(
      z
        .string({ error: "a service's name" })
        .max(1000, { error: "a service's name" })
        .default("")
        .meta({ kind: "text" }),
      { text: "The service that is asked about. Default: the server as a whole." },
    ),
    tls: setting(tls.optional(), { text: "Asks by TLS. Default: without (h2c)." }),
    ...common,
  },
  DEFAULTS,
);

const redis = settings(
  {
    passwordFile: setting(path().optional(), {
      text: "The file with the password, in one line, readable by its owner alone. Default: no password.",
    }),
    role: setting(
      z.enum(["master", "replica"], { error: "one of master, replica" }).optional().meta({ kind: "word" }),
      { text: "What it must say that it is (`ROLE`). Default: either." },
    ),
    ...common,
  },
  DEFAULTS,
);

const A_COMMAND = "a list of words, such as [/usr/lib/nagios/plugins/check_load, -c, 9]";

const exec = settings(
  {
    command: setting(list(text("a word"), A_COMMAND).min(1, { error: A_COMMAND }), {
      text: "The program and its words; no shell reads them. `{host}`, `{port}`, `{member}` and `{group}` in them are replaced by the member's own.",
    }),
    warningIs: setting(z.enum(["good", "bad"], { error: "one of good, bad" }).default("good").meta({ kind: "word" }), {
      text: "What a program that ends with 1 (`WARNING`) means.",
    }),
    runAs: setting(text("the name of a user of this system").optional(), {
      text: "The system's user that it runs as when the agent is root. Default: the `runAs` of the service, else the user of the agent.",
    }),
    ...common,
  },
  "the check's settings, at least its command",
);

const file = settings(
  {
    path: setting(path(), { text: "The file, on the member's host." }),
    absent: setting(z.boolean({ error: "true or false" }).default(false).meta({ kind: "true or false" }), {
      text: "`true`: it must not be there, as a flag of somebody who works on the host.",
    }),
    maxAge: setting(duration(1000, 365 * 86_400_000).optional(), {
      text: "How long ago it may have been written. Default: any time.",
      lower: "A file that is no longer written is noticed sooner.",
      higher: "It may be written less often.",
    }),
    contains: setting(text("a text").optional(), { text: "A text that must be in its first megabyte." }),
    ...common,
  },
  "the check's settings, at least its path",
);

const process = settings(
  {
    pidFile: setting(path().optional(), {
      text: "The file with the process's number. It, or `command`, or both: then the process of that number must be of that program.",
    }),
    command: setting(shaped(/^[^/\0]+$/, "name", "a program's name, without its directory").optional(), {
      text: "The program's name, as the system shows it.",
    }),
    ...common,
  },
  "the check's settings, pidFile or command",
);

const sql = settings(
  {
    query: setting(text("a query such as select 1").default("select 1"), {
      text: "Run as the application's user; any result is good, an error or none in time is bad.",
    }),
    ...common,
  },
  DEFAULTS,
);

/** The kinds of questions that can be asked of a member's service. */
export const questionKinds = {
  tcp: setting(settings(common, DEFAULTS).optional(), {
    text: "Whether the member's address accepts a connection.",
  }),
  sql: setting(sql.optional(), { text: "Whether the member answers a query." }),
  http: setting(http.optional(), { text: "Whether the member answers a request by HTTP, each by a new connection." }),
  grpc: setting(grpc.optional(), { text: "Whether the member says `SERVING` by gRPC's health protocol." }),
  redis: setting(redis.optional(), { text: "Whether the member answers `PING` as Redis and Valkey do." }),
  exec: setting(exec.optional(), {
    text: "What a program says, by the rules of monitoring plugins: it ends with 0 when all is well, 1 for a warning, 2 when it is not; the first line of its output is the text.",
  }),
  file: setting(file.optional(), { text: "Whether a file is there, or is not." }),
  process: setting(process.optional(), { text: "Whether a process lives." }),
};
