import { constants } from "node:http2";
import type { ClientHttp2Stream, IncomingHttpHeaders, IncomingHttpStatusHeader } from "node:http2";
import { messageOf } from "../../lib/failure.ts";
import { CallError } from "./call-error.ts";
import type { Connection, Headers } from "./connection.ts";
import { framed, Frames } from "./frames.ts";
import type { Method } from "./methods.ts";

/**
 * Asks once, by gRPC. Rejects with a {@link CallError}; after `signal` with one that says nothing about what
 * happened.
 */
export async function call<Q, A>(
  connection: Connection,
  method: Method<Q, A>,
  question: Q,
  headers: Headers,
  signal: AbortSignal,
): Promise<A> {
  const stream = connection.request(method.path, headers);
  const answers: Buffer[] = [];
  const cancel = (): void => stream.close(constants.NGHTTP2_CANCEL);
  signal.addEventListener("abort", cancel, { once: true });
  stream.end(framed(method.encode(question)));
  const error = await follow(stream, (message) => answers.push(message));
  signal.removeEventListener("abort", cancel);
  if (error !== null) throw error;
  const [answer] = answers;
  if (answer === undefined) throw new CallError("an empty answer");
  return decoded(method, answer);
}

/** A call with many questions and many answers. */
export interface Conversation<Q> {
  say(question: Q): void;
  /** Ends it from here. */
  end(): void;
  /** Resolves when it has ended, from whichever side. */
  readonly ended: Promise<CallError | null>;
}

/** Begins a conversation. */
export function converse<Q, A>(
  connection: Connection,
  method: Method<Q, A>,
  headers: Headers,
  hear: (answer: A) => void,
): Conversation<Q> {
  const stream = connection.request(method.path, headers);
  const ended = follow(stream, (message) => hear(decoded(method, message)));
  return {
    say: (question) => void (stream.writable && stream.write(framed(method.encode(question)))),
    end: () => stream.close(constants.NGHTTP2_CANCEL),
    ended,
  };
}

/** Hears the messages of a call; resolves at its end, with `null` if etcd says that it went well. */
function follow(stream: ClientHttp2Stream, hear: (message: Buffer) => void): Promise<CallError | null> {
  const frames = new Frames();
  let said: IncomingHttpHeaders & IncomingHttpStatusHeader = {};
  let problem = "the connection was ended";
  stream.on("data", (piece: Buffer) => {
    try {
      frames.push(piece).forEach(hear);
    } catch (error) {
      if (!(error instanceof CallError)) throw error;
      stream.destroy(error);
    }
  });
  stream.on("response", (headers) => (said = { ...said, ...headers }));
  stream.on("trailers", (trailers: IncomingHttpHeaders) => (said = { ...said, ...trailers }));
  stream.on("error", (error: Error) => (problem = error.message));
  return new Promise((resolve) => {
    stream.once("close", () => resolve(verdict(said, stream.rstCode ?? 0, problem)));
  });
}

function decoded<Q, A>(method: Method<Q, A>, message: Buffer): A {
  try {
    return method.decode(message);
  } catch (error) {
    throw new CallError(`an answer that is none of etcd's: ${messageOf(error)}`);
  }
}

function verdict(
  said: IncomingHttpHeaders & IncomingHttpStatusHeader,
  resetCode: number,
  problem: string,
): CallError | null {
  const code = said["grpc-status"];
  if (code === "0") return null;
  if (code !== undefined) return CallError.ofEtcd(textOf(said["grpc-message"]) || `code ${String(code)}`);
  const status = said[":status"];
  if (status !== undefined && status !== 200) return new CallError(`HTTP status ${status}: this is no etcd`);
  // RFC 9113, 8.7: a stream that was refused was not looked at.
  return new CallError(problem, resetCode === constants.NGHTTP2_REFUSED_STREAM);
}

/** A text in a header, where all but plain letters are escaped. */
function textOf(header: string | readonly string[] | undefined): string {
  const text = String(header ?? "");
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
