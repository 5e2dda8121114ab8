import { connect as connectHttp2, constants, type ClientHttp2Session, type ClientHttp2Stream } from "node:http2";
import { connect as connectTcp, isIP, type Socket } from "node:net";
import { checkServerIdentity, connect as connectTls, type SecureContext } from "node:tls";
import { messageOf } from "../../lib/failure.ts";

/** Where a connection goes. */
export interface Target {
  /** The address that `host` resolves to. */
  readonly ip: string;
  /** The name by which etcd's certificate must be good. */
  readonly host: string;
  readonly port: number;
}

/** What goes with each call. */
export type Headers = Readonly<Record<string, string>>;

/** Answers may be large: a long history of events. */
const SESSION_MB = 256;
const NOT_YET = "no connection yet";
const { HTTP2_HEADER_METHOD, HTTP2_HEADER_PATH, HTTP2_HEADER_CONTENT_TYPE, HTTP2_HEADER_TE } = constants;

/** One HTTP/2 connection to a member of etcd. It is made once; when it has ended another one must be made. */
export class Connection {
  readonly madeAtMs: number = performance.now();
  readonly #socket: Socket;
  readonly #session: ClientHttp2Session;
  #hasSpoken = false;
  #problem = NOT_YET;

  constructor(target: Target, secure: SecureContext | null) {
    const { host, port } = target;
    this.#socket = secure === null ? connectTcp({ host: target.ip, port }) : secureSocket(target, secure);
    this.#socket.setNoDelay(true).unref();
    const name = isIP(host) === 6 ? `[${host}]` : host;
    this.#session = connectHttp2(`${secure === null ? "http" : "https"}://${name}:${port}`, {
      createConnection: () => this.#socket,
      settings: { enablePush: false },
      maxSessionMemory: SESSION_MB,
    });
    this.#session.unref();
    this.#session.once("remoteSettings", () => (this.#hasSpoken = true));
    const note = (error: Error): void => this.#note(messageOf(error));
    this.#session.on("error", note);
    this.#socket.on("error", note);
    this.#session.on("close", () => this.#note("the connection was ended"));
  }

  /** Whether etcd has spoken on it and calls can be sent now. */
  get isOpen(): boolean {
    return this.#hasSpoken && !this.hasEnded;
  }

  get hasEnded(): boolean {
    return this.#session.destroyed || this.#session.closed || this.#socket.destroyed;
  }

  /** Why it cannot be used. */
  get problem(): string {
    return this.#problem;
  }

  /** Begins a call; only while it is open. */
  request(path: string, headers: Headers): ClientHttp2Stream {
    return this.#session.request({
      [HTTP2_HEADER_METHOD]: "POST",
      [HTTP2_HEADER_PATH]: path,
      [HTTP2_HEADER_CONTENT_TYPE]: "application/grpc",
      [HTTP2_HEADER_TE]: "trailers",
      ...headers,
    });
  }

  /** Ends it at once, whatever is under way. */
  end(why: string): void {
    this.#note(why);
    this.#session.destroy();
    this.#socket.destroy();
  }

  /** The first error says why; those that follow from it do not. */
  #note(problem: string): void {
    if (this.#problem === NOT_YET) this.#problem = problem;
  }
}

function secureSocket({ ip, host, port }: Target, secureContext: SecureContext): Socket {
  return connectTls({
    host: ip,
    port,
    secureContext,
    ALPNProtocols: ["h2"],
    checkServerIdentity: (_, certificate) => checkServerIdentity(host, certificate),
    ...(isIP(host) === 0 && { servername: host }),
  });
}
