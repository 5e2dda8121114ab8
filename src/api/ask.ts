import type { IncomingMessage } from "node:http";
import { Failure, UnknownOutcome } from "../lib/failure.ts";
import { http } from "./node-http.ts";

/** No agent could be asked. */
export class Unreachable extends Failure {
  override name = "Unreachable";
}

/** This user may not open the agent's socket. */
export class NotPermitted extends Failure {
  override name = "NotPermitted";
}

export interface Question {
  readonly method?: "GET" | "POST";
  readonly path: string;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  readonly deadlineMs: number;
}

export interface Reply {
  readonly status: number;
  readonly text: string;
}

/**
 * Asks over an agent's Unix socket. Rejects with {@link Unreachable} when nobody listens there or no answer
 * comes in time, with {@link NotPermitted}, or, when a POST may have arrived, with {@link UnknownOutcome}.
 */
export async function ask(socket: string, question: Question): Promise<Reply> {
  const signal = AbortSignal.timeout(question.deadlineMs);
  try {
    const response = await open(socket, question, signal);
    let text = "";
    for await (const chunk of response.setEncoding("utf8") as AsyncIterable<string>) text += chunk;
    return { status: response.statusCode ?? 0, text };
  } catch (error) {
    throw translated(error as NodeJS.ErrnoException, socket, question);
  }
}

/** Sends the question and resolves with the head of the answer; `signal` ends it at any time. */
export function open(socket: string, question: Question, signal: AbortSignal): Promise<IncomingMessage> {
  const { method = "GET", path, body, headers = {} } = question;
  return new Promise((resolve, reject) => {
    const request = http.request({ socketPath: socket, method, path, headers, signal, agent: false }, resolve);
    request.on("error", reject);
    request.end(body === undefined ? undefined : JSON.stringify(body));
  });
}

/** What an error of the socket means. */
export function translated(error: NodeJS.ErrnoException, socket: string, question: Question): Error {
  if (error.code === "EACCES" || error.code === "EPERM")
    return new NotPermitted(`Not permitted to open "${socket}": run this as the user that runs the agent.`);
  const nobody = error.code === "ENOENT" || error.code === "ECONNREFUSED" || error.code === "ENOTDIR";
  if (nobody) return new Unreachable(`No agent answers at "${socket}".`);
  const what =
    error.name === "AbortError" || error.name === "TimeoutError"
      ? `no answer in ${question.deadlineMs} ms`
      : error.message;
  if (question.method === "POST")
    return new UnknownOutcome(
      `The agent at "${socket}" was asked, and its answer got lost (${what}): look at the status before asking again.`,
    );
  return new Unreachable(`The agent at "${socket}" does not answer: ${what}.`);
}
