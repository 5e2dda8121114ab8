import { createHash } from "node:crypto";
import type { Address } from "../../config/config.ts";
import type { Stay, Way } from "./way.ts";

/** A port that the kernel leads. Plain data. */
export interface PortPlan {
  /** The table's name. */
  readonly table: string;
  /** The virtual address, IPv4. */
  readonly listen: Address;
}

/** Beside the usual priorities: ours come first, and what other tables do with such connections comes after. */
const PRIORITY = { raw: -310, dnat: -110, filter: -10, snat: 90 } as const;
/** A stale client answers at once or never. */
const KNOCK_MS = 2000;

/**
 * Makes the table, which lets nobody in and cuts nobody yet, and removes one of that name in the same transaction.
 *
 * `pick` is asked for the first packet of each connection, and only while the port is in `open`: that ends by itself unless it is renewed.
 * `stay` is asked for every later one. `told` has the number of the last change, so that whoever made it can see that it was taken.
 */
export function buildText(plan: PortPlan): string {
  const { table } = plan;
  return [
    `add table inet ${table}`,
    `delete table inet ${table}`,
    ...frame(plan),
    `add chain inet ${table} about`,
    `add rule inet ${table} about accept comment "${fingerprint(plan)}"`,
  ].join("; ");
}

/** What the table's frame says about itself: another one is of another plan or of another version of ours. */
export function fingerprint(plan: PortPlan): string {
  return createHash("sha256").update(frame(plan).join()).digest("hex").slice(0, 16);
}

function frame({ table, listen: { host, port } }: PortPlan): readonly string[] {
  const rule = (chain: string, text: string): string => `add rule inet ${table} ${chain} ${text}`;
  const hook = (chain: string, type: string, at: string, priority: number): string =>
    `add chain inet ${table} ${chain} { type ${type} hook ${at} priority ${priority}; policy accept; }`;
  const mine = `ct original ip daddr ${host} meta l4proto tcp ct original proto-dst ${port}`;
  return [
    `add table inet ${table}`,
    `add set inet ${table} open { type inet_service; flags timeout; }`,
    `add set inet ${table} told { type mark; }`,
    `add set inet ${table} knocked { type ipv4_addr . inet_service; flags timeout; }`,
    // Shorter than a client waits before it tries again: what no server has answered is led anew each time, and so is who comes again by
    // the port from which it was reset.
    `add ct timeout inet ${table} brief { protocol tcp; l3proto ip; policy = { syn_sent : 1, close : 1 }; }`,
    ...["pick", "stay"].map((chain) => `add chain inet ${table} ${chain}`),
    // Nobody is let in and nobody is cut until it is known who may.
    rule("pick", "drop"),
    ...["prerouting", "output"].flatMap((at) => [
      hook(`${at}_nat`, "nat", at, PRIORITY.dnat),
      rule(`${at}_nat`, `ip daddr ${host} tcp dport ${port} goto pick`),
    ]),
    hook("postrouting_nat", "nat", "postrouting", PRIORITY.snat),
    // So that the answers come back this way; what stays on this host does so anyway.
    rule("postrouting_nat", `oifname != "lo" ct status dnat ${mine} masquerade`),
    ...["forward", "input", "output"].flatMap((at) => [
      hook(at, "filter", at, PRIORITY.filter),
      // Our own refusals pass here, too; a reset carries nothing.
      rule(at, `${mine} tcp flags & rst == rst accept`),
      rule(at, `${mine} goto stay`),
    ]),
    hook("knock", "filter", "output", PRIORITY.raw),
    rule(
      "knock",
      `ip saddr ${host} tcp flags & (syn | ack) == syn ip daddr . tcp dport @knocked tcp sport set ${port} notrack`,
    ),
  ];
}

/** One transaction by which new connections and standing ones are treated as `way` says, numbered for {@link toldIn}; renews nothing else. */
export function changeText({ table, listen }: PortPlan, way: Way, number: number, lifeMs: number): string {
  const fill = (chain: string, rules: readonly string[]): readonly string[] => [
    `flush chain inet ${table} ${chain}`,
    ...rules.map((text) => `add rule inet ${table} ${chain} ${text}`),
  ];
  return [
    ...fill("pick", pickRules(way, listen.port)),
    ...fill("stay", stayRules(way)),
    renewText({ table, listen }, way, number, lifeMs),
  ].join("; ");
}

/** One transaction that keeps the port open for `lifeMs` from now on, if `way` leads anywhere. */
export function renewText({ table, listen }: PortPlan, way: Way, number: number, lifeMs: number): string {
  return [
    `flush set inet ${table} open`,
    ...(way.to.length > 0 ? [`add element inet ${table} open { ${listen.port} timeout ${lifeMs}ms }`] : []),
    `flush set inet ${table} told`,
    `add element inet ${table} told { ${number} }`,
  ].join("; ");
}

/** Lets a packet out to each of these clients that looks as if it came from the port itself. */
export function knockText({ table }: PortPlan, clients: readonly Address[]): string {
  const elements = clients.map(({ host, port }) => `${host} . ${port} timeout ${KNOCK_MS}ms`);
  return `add element inet ${table} knocked { ${elements.join(", ")} }`;
}

function pickRules({ to, mark, isRefusing }: Way, port: number): readonly string[] {
  const leading = to.map(({ host, port: at }, i) => {
    const left = to.length - i;
    const chance = left === 1 ? "" : `numgen random mod ${left} == 0 `;
    return `tcp dport @open ${chance}ct mark set ${mark} ct timeout set brief dnat ip to ${host}:${at}`;
  });
  return [...leading, isRefusing ? `tcp dport ${port} reject with tcp reset` : "drop"];
}

function stayRules({ stay }: Way): readonly string[] {
  return [...acceptRules(stay), ...RESET_RULES];
}

/**
 * The client is reset, never the server: with a reset to one side the kernel takes the connection for over and forgets it, and a client that
 * only listens would then never be made to speak. What the server goes on to send is answered by the client's system once it has been reset.
 */
const RESET_RULES = ["ct direction reply drop", "reject with tcp reset"];

function acceptRules(stay: Stay): readonly string[] {
  if ("mark" in stay) return stay.mark === null ? [] : [`ct mark ${stay.mark} accept`];
  return stay.members.map(
    ({ host, port }) => `meta l4proto tcp ct reply ip saddr ${host} ct reply proto-src ${port} accept`,
  );
}
