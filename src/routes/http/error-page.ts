import { STATUS_CODES } from "node:http";

/** What the proxy itself answers, when no server did. */
export interface ErrorAnswer {
  readonly status: number;
  readonly text: string;
  readonly accept: string;
  readonly requestId: string;
  readonly keepsAlive: boolean;
  readonly isHead: boolean;
}

/** After so many seconds it is worth another try. */
const RETRY_AFTER_S = 1;

/** A small answer that says what is wrong: JSON for whoever asks for it, a page for browsers, text for all others. */
export function errorAnswer({ status, text, accept, requestId, keepsAlive, isHead }: ErrorAnswer): string {
  const title = `${status} ${STATUS_CODES[status] ?? ""}`.trim();
  const [type, body] = bodyOf(title, text, accept, requestId);
  const retry = status === 503 ? `Retry-After: ${RETRY_AFTER_S}\r\n` : "";
  const connection = keepsAlive ? "" : "Connection: close\r\n";
  const head = `HTTP/1.1 ${title}\r\nContent-Type: ${type}; charset=utf-8\r\nContent-Length: ${Buffer.byteLength(body)}\r\n`;
  const id = requestId === "" ? "" : `X-Request-Id: ${requestId}\r\n`;
  return `${head}Cache-Control: no-store\r\n${id}${retry}${connection}\r\n${isHead ? "" : body}`;
}

function bodyOf(title: string, text: string, accept: string, requestId: string): readonly [string, string] {
  if (/\bjson\b/i.test(accept)) return ["application/json", `${JSON.stringify({ error: title, text, requestId })}\n`];
  const request = requestId === "" ? "" : `Request ${requestId}`;
  if (!/\bhtml\b/i.test(accept)) return ["text/plain", `${title}: ${text}\n${request === "" ? "" : `${request}\n`}`];
  const paragraphs = `<h1>${title}</h1><p>${escaped(text)}</p><p>${escaped(request)}</p>`;
  return ["text/html", `<!doctype html><meta charset="utf-8"><title>${title}</title>${paragraphs}\n`];
}

function escaped(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
