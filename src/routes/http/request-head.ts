import { type Fields, keptFields, readFields } from "./fields.ts";

/** A request up to its body. */
export interface RequestHead {
  readonly method: string;
  /** In origin form (or `*`). */
  readonly target: string;
  readonly isHttp10: boolean;
  /** Empty only in HTTP/1.0. */
  readonly host: string;
  readonly fields: Fields;
  /** The fields that are passed on, each with its CRLF. */
  readonly kept: string;
  /** Whether the connection may carry another request afterwards. */
  readonly keepsAlive: boolean;
  /** Whether it asks for a WebSocket. */
  readonly isUpgrade: boolean;
}

/** Why a request is not taken, and the status that says so. */
export interface Refusal {
  readonly status: number;
  readonly text: string;
}

const LINE = /^([!#$%&'*+.^_`|~0-9A-Za-z-]{1,32}) ([\x21-\x7e\x80-\xff]+) HTTP\/(\d)\.(\d)$/;
const ABSOLUTE = /^https?:\/\/([^/?#@]+)(.*)$/i;

/**
 * Reads the head of a request: `text` holds a byte a character, and its first empty line begins behind
 * `end`. What HTTP allows but two servers could read differently is refused.
 */
export function readRequestHead(text: string, end: number): RequestHead | Refusal {
  const lineEnd = text.indexOf("\r\n");
  const line = LINE.exec(text.slice(0, lineEnd));
  if (line === null) return bad("the first line is no request");
  const [, method = "", given = "", major, minor] = line;
  if (major !== "1" || (minor !== "1" && minor !== "0")) return { status: 505, text: "only HTTP/1.1 is spoken here" };
  const isHttp10 = minor === "0";
  const fields = readFields(text, lineEnd + 2, end + 2, "request");
  const wrong = problemOf(fields, isHttp10);
  if (wrong !== "") return bad(wrong);
  if (method === "CONNECT" || method === "TRACE") return { status: 405, text: `${method} is not served here` };
  const absolute = given.startsWith("/") ? null : ABSOLUTE.exec(given);
  const target = absolute === null ? given : originForm(absolute[2] ?? "");
  if (!target.startsWith("/") && !(target === "*" && method === "OPTIONS")) return bad("the target is no path");
  const kept = keptFields(text, lineEnd + 2, end + 2, fields.cuts);
  const head = {
    method,
    target,
    isHttp10,
    host: fields.host ?? "",
    fields,
    kept,
    keepsAlive: staysOpen(fields, isHttp10),
  };
  if (absolute !== null && absolute[1] !== fields.host) return bad("Host is not the host of the target");
  return { ...head, isUpgrade: asksForWebSocket(head) };
}

/** Whether it is one. */
export function isRefusal(head: RequestHead | Refusal): head is Refusal {
  return "status" in head;
}

/** Whether doing it twice is the same as doing it once (RFC 9110, 9.2.2). */
export function isIdempotent(method: string): boolean {
  return method === "GET" || method === "HEAD" || method === "PUT" || method === "DELETE" || method === "OPTIONS";
}

function bad(text: string): Refusal {
  return { status: 400, text };
}

function problemOf(fields: Fields, isHttp10: boolean): string {
  if (fields.problem !== "") return fields.problem;
  if (fields.isChunked && fields.contentLength >= 0) return "Content-Length and Transfer-Encoding are both given";
  if (fields.isChunked && isHttp10) return "Transfer-Encoding is not part of HTTP/1.0";
  if (fields.host === null && !isHttp10) return "Host is missing";
  return "";
}

function staysOpen(fields: Fields, isHttp10: boolean): boolean {
  return isHttp10 ? fields.keepsAlive && !fields.closes : !fields.closes;
}

function originForm(rest: string): string {
  return rest.startsWith("/") ? rest : `/${rest}`;
}

/** Other protocols (h2c) would lead around everything that is checked here. */
function asksForWebSocket({ method, isHttp10, fields }: Pick<RequestHead, "method" | "isHttp10" | "fields">): boolean {
  const hasBody = fields.isChunked || fields.contentLength > 0;
  return fields.wantsUpgrade && fields.upgrade === "websocket" && method === "GET" && !isHttp10 && !hasBody;
}
