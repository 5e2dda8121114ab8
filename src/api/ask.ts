import type { ClientRequest, IncomingMessage, RequestOptions } from "node:http";
import type { PeerCertificate } from "node:tls";
import type { Address } from "../config/config.ts";
import type { Credentials } from "../credentials/credentials.ts";
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

/** Where an agent is asked: at its Unix socket on this machine, or from another host, by a certificate of the cluster. */
export type Place = string | PeerPlace;

export interface PeerPlace {
  readonly address: Address;
  /** Without a certificate one may only ask to join. */
  readonly tls: Pick<Credentials, "ca"> & Partial<Credentials>;
  /** The node that must answer, and no other; `null`: any of the cluster. */
  readonly node: string | null;
}

/** How a place is called in messages. */
export function placeName(place: Place): string {
  return typeof place === "string" ? place : `${place.address.host}:${place.address.port}`;
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
 * Asks an agent. Rejects with {@link Unreachable} when nobody listens there or no answer
 * comes in time, with {@link NotPermitted}, or, when a POST may have arrived, with {@link UnknownOutcome}.
 */
export async function ask(place: Place, question: Question): Promise<Reply> {
  const signal = AbortSignal.timeout(question.deadlineMs);
  try {
    const response = await open(place, question, signal);
    let text = "";
    for await (const chunk of response.setEncoding("utf8") as AsyncIterable<string>) text += chunk;
    return { status: response.statusCode ?? 0, text };
  } catch (error) {
    throw translated(error as NodeJS.ErrnoException, place, question);
  }
}

/** Sends the question and resolves with the head of the answer; `signal` ends it at any time. */
export async function open(place: Place, question: Question, signal: AbortSignal): Promise<IncomingMessage> {
  const { method = "GET", path, body, headers = {} } = question;
  const common = { method, path, headers, signal, agent: false } as const;
  const send = await senderOf(place);
  return new Promise((resolve, reject) => {
    const request = send(common, resolve);
    request.on("error", reject);
    request.end(body === undefined ? undefined : JSON.stringify(body));
  });
}

type Sender = (options: RequestOptions, then: (response: IncomingMessage) => void) => ClientRequest;

/** Most commands ask on this machine: what other hosts take is loaded only for them. */
async function senderOf(place: Place): Promise<Sender> {
  if (typeof place === "string") return (options, then) => http.request({ ...options, socketPath: place }, then);
  const { request } = await import("node:https");
  const { address, tls, node } = place;
  const checkServerIdentity = (_host: string, { subject }: PeerCertificate): Error | undefined =>
    node === null || subject.CN === node
      ? undefined
      : new Error(`"${String(subject.CN)}" answers there, not "${node}"`);
  const secure = { ...address, ...tls, minVersion: "TLSv1.3", servername: "", checkServerIdentity } as const;
  return (options, then) => request({ ...options, ...secure }, then);
}

/** What an error on the way means. */
export function translated(error: NodeJS.ErrnoException, place: Place, question: Question): Error {
  const socket = placeName(place);
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
