import { type Fields, keptFields, readFields } from "./fields.ts";

/** How the end of a body is found: nothing follows, so many bytes, chunks, or all until the connection ends. */
export type Framing = "none" | "length" | "chunked" | "close";

/** A response up to its body. */
export interface ResponseHead {
  readonly status: number;
  /** The first line with its CRLF. */
  readonly line: string;
  readonly fields: Fields;
  /** The fields that are passed on, each with its CRLF. */
  readonly kept: string;
  /** The same for a client that knows no chunks. */
  readonly keptUnchunked: () => string;
  readonly framing: Framing;
  /** Whether the server lets the connection be used again. */
  readonly keepsAlive: boolean;
}

const LINE = /^HTTP\/1\.([01]) ([1-9]\d\d)(?: [\t\x20-\x7e\x80-\xff]*)?$/;

/** Reads the head of the response to a request with `method`; a text says what is wrong with it. */
export function readResponseHead(text: string, end: number, method: string): ResponseHead | string {
  const lineEnd = text.indexOf("\r\n");
  const line = LINE.exec(text.slice(0, lineEnd));
  if (line === null) return "the first line is no response";
  const from = lineEnd + 2;
  const fields = readFields(text, from, end + 2, "response");
  if (fields.problem !== "") return fields.problem;
  const status = Number(line[2]);
  const isHttp10 = line[1] === "0";
  // A length beside chunks means nothing, and whoever believed it would be misled.
  if (fields.isChunked && fields.lengthAt !== null) fields.cuts.push(...fields.lengthAt);
  const { cuts, codingAt } = fields;
  return {
    status,
    line: isHttp10 ? `HTTP/1.1${text.slice(8, from)}` : text.slice(0, from),
    fields,
    kept: keptFields(text, from, end + 2, cuts),
    keptUnchunked: () => keptFields(text, from, end + 2, codingAt === null ? cuts : [...cuts, ...codingAt]),
    framing: framingOf(status, method, fields),
    keepsAlive: staysOpen(fields, isHttp10),
  };
}

function framingOf(status: number, method: string, fields: Fields): Framing {
  if (method === "HEAD" || status < 200 || status === 204 || status === 304) return "none";
  if (fields.isChunked) return "chunked";
  if (fields.contentLength === 0) return "none";
  return fields.contentLength > 0 ? "length" : "close";
}

function staysOpen(fields: Fields, isHttp10: boolean): boolean {
  if (fields.closes || (fields.isChunked && fields.lengthAt !== null)) return false;
  return !isHttp10 || fields.keepsAlive;
}
