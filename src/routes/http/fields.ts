/** Characters that a field's name or a method may have (RFC 9110, 5.6.2). */
const TOKEN = new Uint8Array(256);
for (const character of "!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz")
  TOKEN[character.charCodeAt(0)] = 1;

const COLON = 58;
const CR = 13;
const LF = 10;
const TAB = 9;
const SPACE = 32;
const DELETE = 127;

/** The largest body that can be counted exactly, with room to spare. */
const LENGTH = /^\d{1,15}$/;
/** Names, IPv4 and bracketed IPv6 addresses, with or without a port. */
const HOST = /^(?:[A-Za-z0-9._~!$&'()*+,;=%-]*|\[[0-9A-Fa-f:.]+\])(?::\d{0,5})?$/;
const REQUEST_ID = /^[A-Za-z0-9._:/+=-]{1,128}$/;
/** Nobody may have these taken off a message by naming them in `Connection`: others rely on them. */
const KEPT = new Set(["host", "content-length", "transfer-encoding", "content-type", "cookie", "authorization"]);

/** What the fields of a head say, as far as a proxy has to know. Strict: whatever two readers could understand differently is a problem. */
export class Fields {
  /** What is wrong; empty: nothing. */
  problem = "";
  /** -1: not given. */
  contentLength = -1;
  isChunked = false;
  closes = false;
  keepsAlive = false;
  wantsUpgrade = false;
  expectsContinue = false;
  host: string | null = null;
  upgrade = "";
  via = "";
  accept = "";
  requestId = "";
  /** What a proxy in front says about whom it asks for; not passed on as it is. */
  forwardedFor = "";
  forwardedHost = "";
  forwardedProto = "";
  /** What `Keep-Alive: timeout` promises, in milliseconds; 0: nothing. */
  keepAliveMs = 0;
  isEventStream = false;
  /** Fields that `Connection` names besides those that every proxy knows; in lower case. */
  named: readonly string[] = NONE;
  /** Where the fields are that must not be passed on: start and end by turns. */
  readonly cuts: number[] = [];
  /** Where Content-Length stands, and Transfer-Encoding: a response may have to do without them. */
  lengthAt: readonly [number, number] | null = null;
  codingAt: readonly [number, number] | null = null;
}

const NONE: readonly string[] = [];

type Note = (fields: Fields, value: string, from: number, to: number) => void;

/** Also for `X_Forwarded_For` and the like: an application may not tell them from the fields that they look like. */
const cut: Note = (fields, _value, from, to) => void fields.cuts.push(from, to);

const common: Readonly<Record<string, Note>> = {
  connection(fields, value, from, to) {
    fields.cuts.push(from, to);
    for (const part of value.toLowerCase().split(",")) noteOption(fields, part.trim());
  },
  "keep-alive"(fields, value, from, to) {
    fields.cuts.push(from, to);
    fields.keepAliveMs = Number(/timeout=(\d{1,6})/i.exec(value)?.[1] ?? 0) * 1000;
  },
  "proxy-connection": cut,
  upgrade(fields, value, from, to) {
    fields.cuts.push(from, to);
    fields.upgrade = value.toLowerCase();
  },
  "content-length"(fields, value, from, to) {
    if (fields.contentLength >= 0) fields.problem ||= "Content-Length is given twice";
    else if (!LENGTH.test(value)) fields.problem ||= "Content-Length is no number";
    else fields.contentLength = Number(value);
    fields.lengthAt = [from, to];
  },
  "transfer-encoding"(fields, value, from, to) {
    if (fields.isChunked) fields.problem ||= "Transfer-Encoding is given twice";
    else if (value.toLowerCase() !== "chunked") fields.problem ||= "Transfer-Encoding is not just chunked";
    fields.isChunked = true;
    fields.codingAt = [from, to];
  },
};

const ofRequests: ReadonlyMap<string, Note> = new Map(
  Object.entries({
    ...common,
    te: cut,
    "proxy-authorization": cut,
    "x-forwarded-for"(fields, value, from, to) {
      fields.cuts.push(from, to);
      fields.forwardedFor += fields.forwardedFor === "" ? value : `, ${value}`;
    },
    "x-forwarded-host"(fields, value, from, to) {
      fields.cuts.push(from, to);
      fields.forwardedHost = value;
    },
    "x-forwarded-proto"(fields, value, from, to) {
      fields.cuts.push(from, to);
      fields.forwardedProto = value;
    },
    forwarded: cut,
    host(fields, value) {
      if (fields.host !== null) fields.problem ||= "Host is given twice";
      if (!HOST.test(value)) fields.problem ||= "Host is no host";
      fields.host = value;
    },
    via(fields, value) {
      fields.via += `${value},`;
    },
    accept(fields, value) {
      fields.accept += value;
    },
    expect(fields, value, from, to) {
      fields.cuts.push(from, to);
      if (value.toLowerCase() === "100-continue") fields.expectsContinue = true;
      else fields.problem ||= "Expect asks for something unknown";
    },
    "x-request-id"(fields, value, from, to) {
      if (fields.requestId === "" && REQUEST_ID.test(value)) fields.requestId = value;
      else fields.cuts.push(from, to);
    },
  } satisfies Record<string, Note>),
);

const ofResponses: ReadonlyMap<string, Note> = new Map(
  Object.entries({
    ...common,
    "proxy-authenticate": cut,
    "content-type"(fields, value) {
      fields.isEventStream = value.toLowerCase().startsWith("text/event-stream");
    },
  } satisfies Record<string, Note>),
);

/** Which names are worth a closer look, by their length and first letter: most are not. */
function glances(notes: ReadonlyMap<string, Note>): Uint8Array {
  const table = new Uint8Array(32 * 32);
  for (const name of notes.keys()) table[glance(name.length, name.charCodeAt(0))] = 1;
  return table;
}

function glance(length: number, first: number): number {
  return length < 32 ? length * 32 + (first & 31) : 0;
}

const requestGlances = glances(ofRequests);
const responseGlances = glances(ofResponses);

/**
 * Reads the fields of `text` from `from` to `end`, both at the start of a line; each line has its CRLF.
 * `text` holds a byte a character.
 */
export function readFields(text: string, from: number, end: number, of: "request" | "response"): Fields {
  const fields = new Fields();
  const notes = of === "request" ? ofRequests : ofResponses;
  const table = of === "request" ? requestGlances : responseGlances;
  for (let at = from; at < end;) {
    let colon = at;
    while (TOKEN[text.charCodeAt(colon)] === 1) colon += 1;
    if (colon === at || text.charCodeAt(colon) !== COLON) return problem(fields, "a field's name is malformed");
    let stop = colon + 1;
    while (isText(text.charCodeAt(stop))) stop += 1;
    if (text.charCodeAt(stop) !== CR || text.charCodeAt(stop + 1) !== LF)
      return problem(fields, "a field's value is malformed");
    if (table[glance(colon - at, text.charCodeAt(at))] === 1) {
      const name = text.slice(at, colon).toLowerCase();
      const note = notes.get(name) ?? (notes.has(name.replaceAll("_", "-")) ? cut : undefined);
      note?.(fields, trimmed(text, colon + 1, stop), at, stop + 2);
    }
    at = stop + 2;
  }
  if (fields.named.length > 0) cutNamed(fields, text, from, end);
  return fields;
}

function isText(code: number): boolean {
  return (code >= SPACE && code !== DELETE) || code === TAB;
}

function problem(fields: Fields, what: string): Fields {
  fields.problem ||= what;
  return fields;
}

function trimmed(text: string, from: number, to: number): string {
  let start = from;
  let end = to;
  while (start < end && isBlank(text.charCodeAt(start))) start += 1;
  while (end > start && isBlank(text.charCodeAt(end - 1))) end -= 1;
  return text.slice(start, end);
}

function isBlank(code: number): boolean {
  return code === SPACE || code === TAB;
}

function noteOption(fields: Fields, option: string): void {
  if (option === "close") fields.closes = true;
  else if (option === "keep-alive") fields.keepsAlive = true;
  else if (option === "upgrade") fields.wantsUpgrade = true;
  else if (option !== "" && !KEPT.has(option)) fields.named = [...fields.named, option];
}

/** Seldom needed, so it goes over the fields once more; they are known to be well-formed. */
function cutNamed(fields: Fields, text: string, from: number, end: number): void {
  for (let at = from; at < end;) {
    const next = text.indexOf("\r\n", at) + 2;
    const name = text.slice(at, text.indexOf(":", at)).toLowerCase();
    if (fields.named.includes(name)) fields.cuts.push(at, next);
    at = next;
  }
}

/** The fields of `text` from `from` to `end` without those that are cut. */
export function keptFields(text: string, from: number, end: number, cuts: readonly number[]): string {
  if (cuts.length === 0) return text.slice(from, end);
  if (cuts.length > 2) return keptOfMany(text, from, end, cuts);
  return text.slice(from, cuts[0]) + text.slice(cuts[1], end);
}

function keptOfMany(text: string, from: number, end: number, cuts: readonly number[]): string {
  const pairs: [number, number][] = [];
  for (let i = 0; i < cuts.length; i += 2) pairs.push([cuts[i] ?? 0, cuts[i + 1] ?? 0]);
  pairs.sort(([a], [b]) => a - b);
  let kept = "";
  let at = from;
  for (const [start, stop] of pairs) {
    kept += text.slice(at, start);
    at = stop;
  }
  return kept + text.slice(at, end);
}
