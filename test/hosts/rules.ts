/** What the switch does with the frames of its hosts. */
export interface Traffic {
  /** The port of each host. */
  readonly ports: Readonly<Record<string, string>>;
  /** Nothing goes in or out. */
  readonly silent: ReadonlySet<string>;
  /** Nothing goes from the one to the other, as `from>to`. */
  readonly cuts: ReadonlySet<string>;
  /** Of all frames of a host, each way, so many percent are lost. */
  readonly lossPercent: Readonly<Record<string, number>>;
  /** What of a host is longer than so many bytes, without the hardware's header, is lost each way. */
  readonly largestBytes: Readonly<Record<string, number>>;
}

/** `numgen` counts in whole numbers. */
const STEPS = 10_000;

/** The switch's rules for nftables, as one transaction: frames see either the old rules or these. */
export function rulesOf({ ports, silent, cuts, lossPercent, largestBytes }: Traffic): string {
  const from = (host: string): string => `iifname "${ports[host]}"`;
  const to = (host: string): string => `oifname "${ports[host]}"`;
  const rules = [
    ...[...silent].flatMap((host) => [`${from(host)} drop`, `${to(host)} drop`]),
    ...[...cuts].map((cut) => {
      const [a = "", b = ""] = cut.split(">");
      return `${from(a)} ${to(b)} drop`;
    }),
    ...Object.entries(lossPercent).flatMap(([host, percent]) => {
      const lost = `numgen random mod ${STEPS} < ${Math.round((percent / 100) * STEPS)} drop`;
      return percent === 0 ? [] : [`${from(host)} ${lost}`, `${to(host)} ${lost}`];
    }),
    ...Object.entries(largestBytes).flatMap(([host, bytes]) => {
      const tooLong = `ether type ip ip length > ${bytes} drop`;
      return [`${from(host)} ${tooLong}`, `${to(host)} ${tooLong}`];
    }),
  ];
  const chain = ["type filter hook forward priority 0; policy accept;", ...rules].join("\n    ");
  return `table bridge hosts {}\ndelete table bridge hosts\ntable bridge hosts {\n  chain forward {\n    ${chain}\n  }\n}\n`;
}
