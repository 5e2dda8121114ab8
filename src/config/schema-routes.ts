import { address, count, duration, name, oneOf, setting, settings } from "./words.ts";

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

/** A way for clients, by its kind. */
export const routeSchema = oneOf(
  {
    proxy: setting(proxySchema.optional(), {
      text: "A TCP proxy in a process of its own. It follows the record, cuts connections to a former primary at once, and lets new ones wait while nobody is primary.",
    }),
  },
  "a way for clients to the primary",
);
