import {
  connect,
  constants,
  type ClientHttp2Session,
  type ClientHttp2Stream,
  type IncomingHttpHeaders,
} from "node:http2";
import { isIP } from "node:net";
import type { TLSSocket } from "node:tls";
import type { Address } from "../config/config.ts";
import type { Clock } from "../lib/clock.ts";
import { Failure } from "../lib/failure.ts";
import { attemptCheck, type Seen } from "./attempt-check.ts";
import type { Check } from "./check.ts";
import { decodeState, encodeRequest } from "./grpc-message.ts";
import { checkDaysLeft, contextOf, type TlsQuestion } from "./tls-question.ts";

export interface GrpcQuestion {
  /** The service that is asked about; `""`: the server as a whole. */
  readonly service: string;
  /** `null`: without TLS. */
  readonly tls: TlsQuestion | null;
}

/** More than the answer can have. */
const MAX_ANSWER_BYTES = 4096;

/** Whether `address` says `SERVING` by gRPC's health protocol (`grpc.health.v1`). Each try is a connection of its own. */
export function grpcCheck(address: Address, question: GrpcQuestion, clock: Clock): Check {
  return attemptCheck((signal) => ask(address, question, clock, signal), clock);
}

async function ask(address: Address, question: GrpcQuestion, clock: Clock, signal: AbortSignal): Promise<Seen> {
  signal.throwIfAborted();
  const session = open(address, question.tls);
  const end = (): void => session.destroy();
  signal.addEventListener("abort", end, { once: true });
  try {
    return judge(await answerOf(session, question, clock), question.service);
  } finally {
    signal.removeEventListener("abort", end);
    session.destroy();
  }
}

function open({ host, port }: Address, tls: TlsQuestion | null): ClientHttp2Session {
  const at = `${host.includes(":") ? `[${host}]` : host}:${port}`;
  if (tls === null) return connect(`http://${at}`);
  return connect(`https://${at}`, {
    ...(isIP(host) === 0 && { servername: host }),
    secureContext: contextOf(tls),
  });
}

interface Answer {
  readonly code: string;
  readonly message: string;
  readonly body: Buffer;
}

function answerOf(session: ClientHttp2Session, { service, tls }: GrpcQuestion, clock: Clock): Promise<Answer> {
  return new Promise((resolve, reject) => {
    session.on("error", (error) => reject(error));
    session.on("close", () => reject(new Failure("it hung up without an answer")));
    session.on("connect", (_, socket) => {
      try {
        if (tls !== null) checkDaysLeft(socket as TLSSocket, tls.minDays, clock.wallMs());
      } catch (error) {
        reject(error);
      }
    });
    const stream = session.request({
      [constants.HTTP2_HEADER_METHOD]: "POST",
      [constants.HTTP2_HEADER_PATH]: "/grpc.health.v1.Health/Check",
      [constants.HTTP2_HEADER_CONTENT_TYPE]: "application/grpc",
      [constants.HTTP2_HEADER_TE]: "trailers",
      [constants.HTTP2_HEADER_USER_AGENT]: "understudy check",
    });
    collect(stream, resolve, reject);
    stream.end(encodeRequest(service));
  });
}

function collect(stream: ClientHttp2Stream, resolve: (answer: Answer) => void, reject: (error: Error) => void): void {
  let body = Buffer.alloc(0);
  let said: IncomingHttpHeaders = {};
  stream.on("response", (headers) => {
    said = headers;
    const status = headers[":status"];
    if (status !== 200) reject(new Failure(`it answers ${status}, so it speaks no gRPC`));
  });
  stream.on("trailers", (headers) => (said = { ...said, ...headers }));
  stream.on("data", (part: Buffer) => {
    body = Buffer.concat([body, part]);
    if (body.length > MAX_ANSWER_BYTES) reject(new Failure("its answer is too long"));
  });
  stream.on("error", (error) => reject(error));
  stream.on("close", () => {
    const [code, message] = [said["grpc-status"], said["grpc-message"]];
    resolve({ code: String(code ?? ""), message: String(message ?? ""), body });
  });
}

function judge({ code, message, body }: Answer, service: string): Seen {
  const what = service === "" ? "the server" : `"${service}"`;
  if (code === "5") throw new Failure(`it knows no service ${what}`);
  if (code === "12") throw new Failure("it has no health service (grpc.health.v1.Health)");
  if (code !== "0")
    throw new Failure(`it answers with gRPC's status ${code || "left out"}${message && `: ${message}`}`);
  const state = decodeState(body);
  if (state !== "SERVING") throw new Failure(`it says ${state} of ${what}`);
  return { text: "answered SERVING" };
}
