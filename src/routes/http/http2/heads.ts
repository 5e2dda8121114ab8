import { isRefusal, readRequestHead, type Refusal, type RequestHead } from "../request-head.ts";

/** Fields that HTTP/2 has no use for, and by which two servers could be led to see different requests. */
const OF_CONNECTIONS = new Set(["connection", "keep-alive", "proxy-connection", "transfer-encoding", "upgrade"]);
const PSEUDO = [":method", ":path", ":scheme", ":authority"];
/** With these a server expects to be told that nothing follows. */
const WITH_BODY = new Set(["POST", "PUT", "PATCH"]);

/**
 * Reads the head of a request in HTTP/2: `raw` has names and values by turns. It is written as HTTP/1.1 would have it and read as such,
 * so that both are held to the same rules. `hasBody`: more of the request follows.
 */
export function readHttp2Head(raw: readonly string[], hasBody: boolean): RequestHead | Refusal {
  const pseudo = new Map<string, string>();
  const cookies: string[] = [];
  let fields = "";
  let hasLength = false;
  for (let i = 0; i + 1 < raw.length; i += 2) {
    const [name = "", value = ""] = [raw[i], raw[i + 1]];
    if (name.startsWith(":")) {
      if (pseudo.has(name) || !PSEUDO.includes(name)) return bad(`${name} is not expected`);
      pseudo.set(name, value);
    } else if (OF_CONNECTIONS.has(name)) return bad(`${name} has no place in HTTP/2`);
    else if (name === "cookie") cookies.push(value);
    else if (name !== "host" || value !== pseudo.get(":authority")) fields += `${name}: ${value}\r\n`;
    if (name === "content-length") hasLength = true;
  }
  if (cookies.length > 0) fields += `cookie: ${cookies.join("; ")}\r\n`;
  const method = pseudo.get(":method") ?? "";
  if (hasBody && !hasLength) fields += "transfer-encoding: chunked\r\n";
  else if (!hasLength && WITH_BODY.has(method)) fields += "content-length: 0\r\n";
  return read(method, pseudo.get(":path") ?? "", pseudo.get(":authority"), fields);
}

function read(method: string, path: string, authority: string | undefined, fields: string): RequestHead | Refusal {
  const host = authority === undefined ? "" : `host: ${authority}\r\n`;
  const text = `${method} ${path} HTTP/1.1\r\n${host}${fields}\r\n`;
  const end = text.indexOf("\r\n\r\n");
  if (end !== text.length - 4) return bad("a line ends within a field");
  const head = readRequestHead(text, end);
  return isRefusal(head) || path.startsWith("/") || path === "*" ? head : bad("the target is no path");
}

/** The fields of a response (each with its CRLF) as HTTP/2 has them. */
export function toHttp2Fields(text: string): Record<string, string | string[]> {
  const fields: Record<string, string | string[]> = {};
  for (const line of text.split("\r\n")) {
    const colon = line.indexOf(":");
    if (colon <= 0) continue;
    const name = line.slice(0, colon).toLowerCase();
    const value = line.slice(colon + 1).trim();
    const before = fields[name];
    if (OF_CONNECTIONS.has(name)) continue;
    fields[name] = before === undefined ? value : [...(Array.isArray(before) ? before : [before]), value];
  }
  return fields;
}

function bad(text: string): Refusal {
  return { status: 400, text };
}
