import { z } from "zod";
import {
  address,
  count,
  duration,
  list,
  name,
  network,
  oneOf,
  path,
  setting,
  settings,
  text,
  LISTEN,
} from "./words.ts";

const proxySchema = settings(
  {
    name: setting(name().optional(), {
      text: "What it is called in status, logs and process lists. Default: the group's name, and for a further proxy of it a number behind.",
    }),
    readWrite: setting(address(), { text: "Where clients that write come in. They reach the primary." }),
    readOnly: setting(address().optional(), {
      text: "Where clients that only read come in. They reach the standby with the fewest connections, or the primary when there is no standby. Default: nowhere.",
    }),
    hold: setting(duration(0, 3_600_000).default("30s"), {
      text: "For how long a new connection waits while nobody is primary, instead of being refused.",
      lower: "Clients learn sooner that nobody is there, and may give up during a takeover.",
      higher: "Longer outages show as waiting only; clients may wait in vain.",
    }),
    maxHeld: setting(count(0, 100_000).default(1000), {
      text: "How many connections may wait at a time; further ones are refused.",
      lower: "Less memory; more clients see a refused connection during a takeover.",
      higher: "More clients are held; after a takeover they all arrive at once.",
    }),
    maxConnections: setting(count(1, 100_000).default(2000), {
      text: "How many connections may be open at a time; further ones are refused.",
      lower: "Protects the service behind it.",
      higher: "More clients; each connection needs two file descriptors and about 100 kB.",
    }),
  },
  "the proxy's settings, at least readWrite",
);

const kernelSchema = settings(
  {
    name: setting(name().optional(), {
      text: "What it is called in status, logs and process lists. Default: as for a proxy.",
    }),
    listen: setting(address(), {
      text: "The virtual address and port where clients that write come in: an IPv4 address that this host has. They reach the primary.",
    }),
    readOnly: setting(address().optional(), {
      text: "The same for clients that only read. They reach one of the standbys by chance, or the primary when there is no standby. Default: nowhere.",
    }),
    hold: setting(duration(0, 3_600_000).default("30s"), {
      text: "For how long, from the loss of the primary on, new connections wait instead of being refused.",
      lower: "Clients learn sooner that nobody is there, and may give up during a takeover.",
      higher: "Longer outages show as waiting only; clients may wait in vain.",
    }),
  },
  "the route's settings, at least listen",
);

const ruleSchema = settings(
  {
    host: setting(
      text("a host, such as api.example.com or *.example.com")
        .regex(/^(\*\.)?[A-Za-z0-9._-]+$|^\[[0-9a-fA-F:.]+\]$/, {
          error: "a host without its port, such as api.example.com or *.example.com",
        })
        .optional(),
      { text: "The host that is asked for, without its port; `*.example.com`: each one below it. Default: any." },
    ),
    path: setting(
      text("a path, such as /api")
        .regex(/^\/[\x21-\x22\x24-\x3e\x40-\x7e]*$/, { error: "a path, such as /api" })
        .optional(),
      {
        text: "A path as it stands in the request: that one and all below it. A way to share requests out, not to keep somebody from something: servers may read another path as the same. Default: any.",
      },
    ),
    group: setting(name(), { text: "The group that gets such requests." }),
  },
  "a rule: host or path, and the group",
).meta({ kind: "rule" });

const httpSchema = settings(
  {
    name: setting(name().optional(), {
      text: "What it is called in status, logs and process lists. Default: as for a proxy.",
    }),
    listen: setting(address(LISTEN), {
      text: "Where clients come in (`:443`: at all addresses of the host), with HTTP or, if there are `certificates`, HTTPS.",
    }),
    certificates: setting(
      list(
        settings(
          {
            cert: setting(path(), { text: "The file of the certificate with its chain, in PEM." }),
            key: setting(path(), { text: "The file of its key." }),
          },
          "a certificate: cert and key",
        ),
        "a list of certificates",
      ).default([]),
      {
        text: "For clients that speak TLS; which one is shown depends on the name that a client asks for. Read anew by SIGHUP. Default: no TLS.",
      },
    ),
    balance: setting(
      z
        .enum(["two", "least", "round-robin", "client"], { error: "one of two, least, round-robin, client" })
        .default("two")
        .meta({ kind: "word" }),
      {
        text: "How requests are shared out among several servers that can serve: `two`: to the less busy of two drawn; `least`: to the least busy; `round-robin`: in turn; `client`: the same one for the same client's address.",
      },
    ),
    sticky: setting(
      text("the name of a cookie")
        .regex(/^[A-Za-z0-9_.-]{1,64}$/, { error: "the name of a cookie: letters, digits, _, - and ." })
        .optional(),
      {
        text: "A cookie of that name is given to each client, and binds it to the server that answered it first, as long as that one is good. It outlives a restart of the proxy, which has to remember nothing. Default: none.",
      },
    ),
    processes: setting(count(1, 256).default(1), {
      text: "How many processes share the port. Each of them checks the servers and counts connections and waiting requests for itself.",
      lower: "Less memory and fewer checks.",
      higher: "More processors can be used for requests, and the loss of a process ends fewer of them.",
    }),
    hold: setting(duration(0, 3_600_000).default("30s"), {
      text: "For how long a request waits while nobody can serve it, instead of being refused.",
      lower: "Clients learn sooner that nobody is there.",
      higher: "Longer outages show as waiting only; clients may wait in vain.",
    }),
    trust: setting(list(network(), "a list of addresses or networks").default([]), {
      text: "Proxies in front, whose `X-Forwarded-For`, `-Proto` and `-Host` are believed. Default: nobody's.",
    }),
    proxyProtocol: setting(z.boolean({ error: "true or false" }).default(false).meta({ kind: "true or false" }), {
      text: "Whether those of `trust` begin each connection with a PROXY header (version 1 or 2), as load balancers do that pass connections on. Others never may.",
    }),
    accessLog: setting(path().optional(), {
      text: "A file that gets a line of JSON for each request. Opened anew by SIGHUP. Default: none.",
    }),
    rules: setting(list(ruleSchema, "a list of rules").default([]), {
      text: "Which requests go to other groups, of processes or external ones. The first rule that a request meets counts; what meets none is for this group.",
    }),
  },
  "the route's settings, at least listen",
);

/** It becomes part of HAProxy's commands. */
function haproxyName(what: string): z.ZodString {
  return text(what)
    .regex(/^[A-Za-z0-9_.:-]+$/, { error: what })
    .meta({ kind: "text" });
}

const haproxySchema = settings(
  {
    name: setting(name().optional(), {
      text: "What it is called in status, logs and process lists. Default: as for a proxy.",
    }),
    socket: setting(path(), {
      text: "HAProxy's own socket, as in `stats socket /run/haproxy/admin.sock level admin`.",
    }),
    backend: setting(haproxyName("the name of a backend of HAProxy"), {
      text: "The backend whose servers are the members, by the same names.",
    }),
    hold: setting(haproxyName("the name of a server of that backend").optional(), {
      text: "A server of the backend at an address where nobody listens. It is the one that is ready while no member may have clients: with `retries` and `option redispatch 1` HAProxy then holds new clients instead of refusing. Default: they are refused.",
    }),
  },
  "the route's settings, at least socket and backend",
);

/** A way for clients, by its kind. */
export const routeSchema = oneOf(
  {
    proxy: setting(proxySchema.optional(), {
      text: "A TCP proxy in a process of its own. It follows the record, cuts connections to a former primary at once, and lets new ones wait while nobody is primary.",
    }),
    http: setting(httpSchema.optional(), {
      text: "A proxy for web servers, in a process of its own: it tries again elsewhere what is safe to repeat, and lets requests wait while nobody can serve. See [web.md](web.md).",
    }),
    kernel: setting(kernelSchema.optional(), {
      text: "The kernel's packet filter (nftables) leads clients; no process of ours is on their way. See [kernel-route.md](kernel-route.md).",
    }),
    haproxy: setting(haproxySchema.optional(), {
      text: "An HAProxy of yours, whose servers are made ready or taken out of service over its socket. See [haproxy-route.md](haproxy-route.md).",
    }),
  },
  "a way for clients to the primary",
);
