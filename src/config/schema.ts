import { z } from "zod";
import { checkSchema } from "./schema-checks.ts";
import { routeSchema } from "./schema-routes.ts";
import { serviceSchema } from "./schema-services.ts";
import { storeSchema } from "./schema-stores.ts";
import { address, count, duration, host, list, name, named, path, setting, settings, size } from "./words.ts";

const nodeSchema = settings(
  {
    directory: setting(path(), {
      text: "Where the node's agent keeps its socket, its journal, its memory of terms and, unless said otherwise, the data of its members. Made with mode 0700. Each node of a machine has its own; nodes whose members have addresses on different hosts may all have the same path.",
    }),
    api: setting(address().optional(), {
      text: "Where the agent answers reading requests over HTTP (health for load balancers, metrics, status, events), besides its Unix socket. Only a loopback address is accepted. Default: on the socket alone.",
    }),
    heartbeat: setting(address().optional(), {
      text: "Where the agent hears the heartbeats of the others, by UDP; they send them there, so it must be an address that they can reach. For all nodes or for none. Default: no heartbeats; then the loss of a whole host is noticed by its session, as late as the lease.",
    }),
    peer: setting(address().optional(), {
      text: "Where the agent answers other hosts, by TLS 1.3: nodes of the cluster, which show their certificates, may do there whatever the Unix socket allows, and a host that joins shows its token. Needs `credentials`. Default: nowhere.",
    }),
    zone: setting(name().optional(), {
      text: "Where the node is, as far as things fail together: a rack, a room, a site. Writes then wait for standbys in another zone than the primary's, where enough are there. Default: nothing is known of that.",
    }),
  },
  "a node's settings, at least its directory",
);

const memberSchema = settings(
  {
    address: setting(address(), {
      text: "Where the member's service listens, for clients and for the other members.",
    }),
    priority: setting(count(0, 100).default(50), {
      text: "Of equally advanced standbys the one with the highest priority takes over. Who has most of the data always comes first.",
      lower:
        "The member is chosen later. With 0 it never becomes primary, but still keeps a copy and may acknowledge writes.",
      higher: "The member is chosen sooner.",
    }),
    follows: setting(name().optional(), {
      text: "The standby that this member receives from, to spare the primary's network: a cascade. While that one is away it receives from the primary. Needs `priority: 0`: it only watches. Default: the primary.",
    }),
    delay: setting(duration(1000, 30 * 86_400_000).optional(), {
      text: "So much later it shows what it has received: a way back after a mistake that everybody else has copied. Needs `priority: 0`: it only watches. Default: at once.",
      lower: "Less time to notice a mistake.",
      higher: "A longer way back, more log to keep, and later back after a takeover.",
    }),
    from: setting(list(host(), "a list of hosts").optional(), {
      text: "The addresses or names from which the member's host comes to the others, if it is not by its own `address` that it does: the kernel's guard lets the members in before the clients. Default: the host of `address`.",
    }),
    data: setting(path().optional(), {
      text: "The member's data directory. An existing PostgreSQL data directory of the first member is adopted. Default: `GROUP/data` in the node's directory.",
    }),
  },
  "a member's settings, at least its address",
);

const groupSchema = settings(
  {
    service: setting(serviceSchema, { text: "What is kept available." }),
    lossless: setting(
      z
        .enum(["strict", "preferred", "off"], { error: "one of strict, preferred, off" })
        .default("strict")
        .meta({ kind: "word" }),
      {
        text: "What may be lost in a takeover. `strict`: nothing; a write is acknowledged once `need` standbys have it, and while there are fewer, writes wait. `preferred`: nothing either, but a primary that has no standby left goes on alone, and the record says so; while it is alone a takeover waits for it or for an operator. `off`: a write waits for no standby, and a takeover may lose the latest ones, at most `maxLoss`.",
      },
    ),
    need: setting(count(1, 8).optional(), {
      text: "How many standbys must have a write on disk before it is acknowledged. Default: 1. Not with `lossless: off`.",
      lower: "Writes are faster and go on with fewer standbys; a takeover needs more of them to be reachable.",
      higher: "Each write waits for a slower standby; a takeover works with more members missing.",
    }),
    of: setting(list(name(), "a list of members").optional(), {
      text: "The members whose copies count for `need` (the primary itself never does). Default: all of them.",
    }),
    maxLoss: setting(size().optional(), {
      text: "With `lossless: off`: how far a standby may be behind what the primary was last known to have and still take over by itself. Needed there, not allowed elsewhere.",
      lower: "Less can be lost; more takeovers wait for an operator. `0B` waits whenever anything could be missing.",
      higher: "Fewer takeovers wait for a person; more acknowledged writes can be lost.",
    }),
    members: setting(named(memberSchema, "at least one member, by the name of its node").optional(), {
      text: "The members by the names of their nodes. The first one of the file founds the group. Needed, except with `service: external`, where there are none.",
    }),
    checks: setting(list(checkSchema, "a list of checks").default([]), {
      text: "How each member finds out whether its service works, beyond what the service tells by itself. A primary whose checks say `down` is suspected. All of them must be good; see [checks.md](checks.md).",
    }),
    judges: setting(
      z.enum(["own", "majority"], { error: "one of own, majority" }).default("own").meta({ kind: "word" }),
      {
        text: "Who judges by the checks whether the primary works. `own`: its own agent. `majority`: the agents of all members ask it, each from its host, and more than half of those that know must agree; see [checks.md](checks.md).",
      },
    ),
    routes: setting(list(routeSchema, "a list of routes").default([]), {
      text: "How clients get to the primary and to the standbys.",
    }),
  },
  "a group's settings: service, members and more",
);

const heartbeatsSchema = settings(
  {
    key: setting(path().optional(), {
      text: "The file with the key by which the agents know each other's heartbeats: 64 hexadecimal digits, readable by its owner alone, the same on all hosts (`openssl rand -hex 32`). Default with `credentials`: one from the store; else with `sqlite`: beside the store (`STORE.heartbeat-key`), made by whoever comes first; otherwise needed with `etcd`, whose agents are on several machines.",
    }),
  },
  "the settings of all heartbeats: key",
);

const takeoverSchema = settings(
  {
    profile: setting(
      z.enum(["fast", "balanced", "wan"], { error: "one of fast, balanced, wan" }).optional().meta({ kind: "word" }),
      {
        text: "What the hosts and their network are like, as one word for the lease from which all other times follow. `fast`: beside each other and never stopped for more than 125ms; a lease of 1s. `balanced`: 2s, pauses of 250ms, 50ms of jitter and some loss are ridden out. `wan`: far apart; 5s. Default: `balanced`, unless there is a `lease`.",
      },
    ),
    lease: setting(duration(500, 60_000).optional(), {
      text: "How long an agent may go on acting without having renewed its session in the store. All other times are derived from it. At least 500ms. Instead of `profile`; default: that of the profile.",
      lower:
        "A lost host is replaced sooner in groups that need the lease for it; the store is written to more often, and a short stall of a host or of the store makes a primary stop.",
      higher: "Stalls of hosts and of the store are ridden out; such a takeover takes longer.",
    }),
    drain: setting(duration(0, 600_000).default("5s"), {
      text: "For how long a switchover lets transactions end that are under way before it cuts them off. New ones are held meanwhile.",
      lower: "Switchovers are quicker; more transactions are cut off.",
      higher: "Fewer transactions are cut off; one long transaction holds everybody else for longer.",
    }),
  },
  "the takeover's settings: profile or lease, drain",
);

/** The whole file as people write it. From it come the errors, `docs/configuration.md` and the JSON Schema for editors. */
export const fileSchema = settings(
  {
    $schema: z.string().optional(),
    cluster: setting(name(), {
      text: "The name of the whole. Members of different clusters never talk to each other.",
    }),
    store: setting(storeSchema.optional(), {
      text: "Where the records and sessions are kept. Needed, unless all groups are `external`.",
    }),
    nodes: setting(named(nodeSchema, "at least one node by its name").optional(), {
      text: "The nodes by their names. Needed, unless all groups are `external`.",
    }),
    credentials: setting(path().optional(), {
      text: "The directory of this host's certificates, which its agents make and renew by themselves. With it the members' connections to each other are encrypted and authenticated by certificates besides passwords, the key of the heartbeats comes from the store, and hosts can join with a token. See [joining.md](joining.md). Default: none of that.",
    }),
    groups: setting(named(groupSchema, "at least one group by its name"), {
      text: "The groups by their names: each is one service kept available.",
    }),
    guard: setting(
      z
        .enum(["auto", "kernel", "process"], { error: "one of auto, kernel, process" })
        .default("auto")
        .meta({ kind: "word" }),
      {
        text: "What stops a primary whose agent no longer renews its lease. `process`: a program of its own, which ends the server's processes. `kernel`: that, and before it nftables, which closes the server's port at the lease's end whatever becomes of all processes; an agent that cannot have it does not start. `auto`: the kernel's where it can be had and where other hosts can reach the server, else the process alone; `status` says which, and why.",
      },
    ),
    heartbeats: setting(heartbeatsSchema.prefault({}), {
      text: "What the heartbeats of all nodes have in common. They are sent once the nodes have an address each for them.",
    }),
    takeover: setting(takeoverSchema.prefault({}), { text: "The times of a takeover." }),
  },
  "a mapping with cluster, store, nodes and groups",
);

/** A file that has the right shape, with its defaults; what only makes sense together is not checked yet. */
export type FileConfig = z.infer<typeof fileSchema>;
