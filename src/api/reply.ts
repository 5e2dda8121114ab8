import type { IncomingMessage, ServerResponse } from "node:http";
import type { ProblemDetails } from "./contract.ts";

/** Larger bodies are refused. */
const BODY_MOST_BYTES = 64 * 1024;

/** Answers with JSON. */
export function sendJson(response: ServerResponse, status: number, value: unknown): void {
  sendText(response, status, "application/json", `${JSON.stringify(value)}\n`);
}

/** Answers that it did not go well, as RFC 9457 has it. */
export function sendProblem(response: ServerResponse, status: number, title: string, detail: string): void {
  const problem: ProblemDetails = { title, status, detail };
  sendText(response, status, "application/problem+json", `${JSON.stringify(problem)}\n`);
}

export function sendText(response: ServerResponse, status: number, type: string, text: string): void {
  if (response.headersSent || response.destroyed) return;
  response.writeHead(status, {
    "content-type": type,
    "content-length": Buffer.byteLength(text),
    "cache-control": "no-store",
  });
  response.end(text);
}

/** The request's body as JSON; `undefined` when it is none, or too large. */
export async function readJson(request: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > BODY_MOST_BYTES) return undefined;
    chunks.push(chunk);
  }
  try {
    return JSON.parse(Buffer.concat(chunks).toString()) as unknown;
  } catch {
    return undefined;
  }
}
