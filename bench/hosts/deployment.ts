import type { Target } from "../../src/quickstart/client/connection.ts";
import type { Supervised } from "../takeover/supervised.ts";
import type { Observed } from "./observer-messages.ts";

/** What keeps a group of servers available on the hosts, beside an etcd that is there already: our agents, or another's. */
export interface Deployment {
  /** Who belongs to the group: names of hosts. */
  readonly members: readonly string[];
  /** What watches over a member's server and starts it, on its host; not started yet. */
  agentOn(member: string): Supervised;
  /** What clients that write connect to, on the clients' host; not started yet. */
  proxy(): Supervised;
  /** How the group is seen from the clients' host. */
  readonly observed: Observed;
  /** How a client logs in at this address, be it the proxy's or a server's. Works once the group has been founded. */
  login(host: string, port: number): Promise<Target>;
}
