import { z } from "zod";
import { isNetwork } from "./network.ts";
import { NAME, NAME_MEANS } from "./names.ts";
import { DURATION, formatMs, parseDuration, SIZE } from "../lib/units.ts";

/** What the reference page says about a setting besides its default and its kind. */
export interface Meaning {
  /** What it is, with its unit. */
  readonly text: string;
  /** What a lower value (or none) buys and costs. */
  readonly lower?: string;
  /** What a higher value buys and costs. */
  readonly higher?: string;
}

/** Attaches a setting's meaning, for the reference page, the JSON Schema and the editor. Always the outermost wrapper. */
export function setting<T extends z.ZodType>(type: T, meaning: Meaning): T {
  const { text, lower, higher } = meaning;
  return type.meta({ description: text, ...(lower && { lower }), ...(higher && { higher }) });
}

/** A string of a certain shape. `what` completes both `is not …` and `expected …`. */
export function shaped(shape: RegExp, kind: string, what: string): z.ZodString {
  return z.string({ error: what }).regex(shape, { error: what }).meta({ kind });
}

/** A time with its unit, such as `1.5s`, between two bounds in milliseconds. */
export function duration(leastMs: number, mostMs: number): z.ZodString {
  const bounds = `${formatMs(leastMs)} to ${formatMs(mostMs)}`;
  return shaped(DURATION, "duration", "a duration with its unit, such as 300ms, 1.5s or 2m")
    .refine((text) => isWithin(parseDuration(text), leastMs, mostMs), { error: `a duration from ${bounds}` })
    .meta({ kind: "duration", bounds });
}

/** Text of another shape is not judged: that has been said already. */
function isWithin(value: number | null, least: number, most: number): boolean {
  return value === null || (value >= least && value <= most);
}

/** An amount of data with its unit, such as `16MB`. */
export function size(): z.ZodString {
  return shaped(SIZE, "size", "a size with its unit, such as 64kB, 16MB or 1GB");
}

/** A name of a cluster, node, group or route. */
export function name(): z.ZodString {
  return shaped(NAME, "name", NAME_MEANS);
}

/** What an address looks like: a name, an IPv4 address or an IPv6 address in brackets, then the port. */
export const ADDRESS = /^(\[[0-9a-fA-F:.]+\]|[A-Za-z0-9._-]+):(\d{1,5})$/;

/** The same without a host: at all addresses of this one. */
export const LISTEN = /^(\[[0-9a-fA-F:.]+\]|[A-Za-z0-9._-]*):(\d{1,5})$/;

/** A host and a port; of another shape, its second part is the port all the same. */
export function address(shape: RegExp = ADDRESS): z.ZodString {
  return shaped(shape, "address", "a host and a port, such as 127.0.0.1:5441 or [::1]:5441").refine(
    (text) => isWithin(Number(shape.exec(text)?.[2] ?? 1), 1, 65_535),
    { error: "a port from 1 to 65535" },
  );
}

/** A host, by its address or its name. */
export function host(): z.ZodString {
  return shaped(/^[A-Za-z0-9:._-]+$/, "host", "a host, such as 10.0.0.1, fd00::1 or db1.example");
}

/** An IP address, or a network: an address and how many bits of it count. */
export function network(): z.ZodString {
  const what = "an IP address or a network, such as 192.0.2.7 or 192.0.2.0/24";
  return z.string({ error: what }).refine(isNetwork, { error: what }).meta({ kind: "network" });
}

/** A file or directory; relative ones are relative to the file that names them. */
export function path(): z.ZodString {
  return z
    .string({ error: "a path; relative ones are relative to this file" })
    .min(1, { error: "a path; relative ones are relative to this file" })
    .meta({ kind: "path" });
}

/** Any text but none. */
export function text(what: string): z.ZodString {
  return z.string({ error: what }).min(1, { error: what }).meta({ kind: "text" });
}

/** A whole number between two bounds. */
export function count(least: number, most: number): z.ZodNumber {
  const what = `a whole number from ${least} to ${most}`;
  return z.int({ error: what }).min(least, { error: what }).max(most, { error: what }).meta({ kind: "number" });
}

/** Settings with fixed names; others are mistakes. */
export function settings<T extends z.core.$ZodLooseShape>(shape: T, what: string): z.ZodObject<T, z.core.$strict> {
  return z.strictObject(shape, { error: (issue) => (issue.code === "invalid_type" ? what : undefined) });
}

/** Parts by their names, which the user gives. At least one. */
export function named<T extends z.ZodType>(part: T, what: string): z.ZodRecord<z.ZodString, T> {
  return z
    .record(name(), part, { error: (issue) => (issue.code === "invalid_type" ? what : undefined) })
    .refine((parts) => Object.keys(parts).length > 0, { error: what });
}

/** A list of parts. */
export function list<T extends z.ZodType>(part: T, what: string): z.ZodArray<T> {
  return z.array(part, { error: what });
}

/**
 * Settings whose one key says which kind of part it is: `{ sql: … }`. A kind is added by a line in
 * `kinds`.
 */
export function oneOf<T extends z.core.$ZodLooseShape>(kinds: T, what: string): z.ZodObject<T, z.core.$strict> {
  const names = Object.keys(kinds);
  const expected = names.length === 1 ? `${what}, with the key ${names[0]}` : `${what}: one of ${names.join(", ")}`;
  return settings(kinds, expected)
    .refine((given) => Object.values(given).filter((part) => part !== undefined).length === 1, { error: expected })
    .meta({ minProperties: 1, maxProperties: 1 });
}
