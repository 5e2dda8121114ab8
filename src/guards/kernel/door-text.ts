import { isIPv6 } from "node:net";

/** Whose doors they are, and for whom. Plain data. */
export interface DoorPlan {
  /** The table's name. */
  readonly table: string;
  /** What the table belongs to, for whoever finds it; without quotes, at most 128 bytes. */
  readonly comment: string;
  readonly port: number;
  /** The addresses at which the service listens; `null`: at all of this host. */
  readonly own: readonly string[] | null;
  /** Who comes in by the members' door; `null`: everybody. */
  readonly members: readonly string[] | null;
}

/** Before the machine's own filters, which may still refuse what we let through. */
const PRIORITY = -10;

/**
 * One transaction that makes the table, closed for clients; refused if it is there already. Members come in until the first opening
 * gives that an end: whoever connects to be the next primary's standby must not be cut off on the way. Packets in
 * both directions are judged, so that established connections are cut, too.
 */
export function buildText(plan: DoorPlan): string {
  const { table, comment, port } = plan;
  return [
    `create table inet ${table}`,
    `add set inet ${table} unopened { type inet_service; elements = { ${port} }; }`,
    ...["members", "clients"].map((door) => `add set inet ${table} ${door} { type inet_service; flags timeout; }`),
    `add set inet ${table} tickets { type mark; flags timeout; }`,
    ...way(plan, "input", { own: "daddr", port: "dport", other: "saddr" }),
    ...way(plan, "output", { own: "saddr", port: "sport", other: "daddr" }),
    `add chain inet ${table} about`,
    `add rule inet ${table} about accept comment "${comment}"`,
  ].join("; ");
}

interface Sides {
  readonly own: "daddr" | "saddr";
  readonly port: "dport" | "sport";
  readonly other: "daddr" | "saddr";
}

/** What one direction's packets meet. */
function way({ table, port, own, members }: DoorPlan, hook: "input" | "output", sides: Sides): readonly string[] {
  const door = `${hook}_door`;
  const rule = (chain: string, text: string): string => `add rule inet ${table} ${chain} ${text}`;
  const at = (side: string, addresses: readonly string[] | null): readonly string[] => matches(side, addresses);
  return [
    `add chain inet ${table} ${door}`,
    // Our own refusals pass here, too; a reset carries nothing.
    rule(door, "tcp flags & rst == rst return"),
    rule(door, `tcp ${sides.port} @clients return`),
    ...at(sides.other, members).flatMap((match) =>
      ["unopened", "members"].map((set) => rule(door, `${match}tcp ${sides.port} @${set} return`)),
    ),
    rule(door, "reject with tcp reset"),
    `add chain inet ${table} ${hook} { type filter hook ${hook} priority ${PRIORITY}; policy accept; }`,
    ...at(sides.own, own).map((match) => rule(hook, `${match}tcp ${sides.port} ${port} goto ${door}`)),
  ];
}

/** One match for each family of addresses that there is; for all addresses one that matches everything. */
function matches(side: string, addresses: readonly string[] | null): readonly string[] {
  if (addresses === null) return [""];
  const six = addresses.filter((address) => isIPv6(address));
  const four = addresses.filter((address) => !isIPv6(address));
  return [
    four.length > 0 && `ip ${side} { ${four.join(", ")} } `,
    six.length > 0 && `ip6 ${side} { ${six.join(", ")} } `,
  ].filter((match) => match !== false);
}

/** Without a ticket that is alive no door is opened or kept open. */
export function ticketText(table: string, ticket: number, lifeMs: number): string {
  return `add element inet ${table} tickets { ${ticket} timeout ${lifeMs}ms }`;
}

/** What of the doors is there before they are kept open. */
export interface Before {
  /** Never opened since the table was made. */
  readonly unopened: boolean;
  readonly clients: boolean;
}

/**
 * One transaction that keeps the members' door open for `lifeMs`, the clients' one as well or not at all. It
 * is refused as a whole unless the ticket lives and the doors are as they were: what has expired is not
 * opened again.
 */
export function keepText(plan: DoorPlan, ticket: number, before: Before, lifeMs: number, clients: boolean): string {
  const { table, port } = plan;
  const leave = (set: string, key: number): string => `delete element inet ${table} ${set} { ${key} }`;
  const enter = (set: string): string =>
    `add element inet ${table} ${set} { ${port} timeout ${lifeMs}ms comment "${ticket}" }`;
  return [
    leave("tickets", ticket),
    leave(before.unopened ? "unopened" : "members", port),
    ...(before.clients ? [leave("clients", port)] : []),
    enter("members"),
    ...(clients ? [enter("clients")] : []),
  ].join("; ");
}
