import { connect, createServer, type Server, type Socket } from "node:net";
import { systemClock } from "../../src/agent/system-clock.ts";

/** A server that sends back what it gets. */
export async function startEcho(host: string): Promise<{ readonly server: Server; readonly port: number }> {
  const server = createServer((socket) => {
    socket.on("error", () => undefined);
    // The end of a visit behind a closed door is never heard of: the test must not wait for it.
    socket.unref();
    socket.pipe(socket);
  });
  await new Promise<void>((resolve) => server.listen(0, host, resolve));
  const address = server.address();
  return { server, port: typeof address === "object" && address !== null ? address.port : 0 };
}

/** Somebody who keeps a connection and sends something every 2 ms, and knows when the last answer came. */
export class Visitor {
  readonly #socket: Socket;
  readonly #timer: NodeJS.Timeout;
  lastAnswerMs = 0;
  /** `null` while the connection is there. */
  endedAtMs: number | null = null;

  constructor(port: number, from: string) {
    this.#socket = connect({ host: "127.0.0.1", port, localAddress: from, noDelay: true });
    this.#socket.on("data", () => (this.lastAnswerMs = systemClock.nowMs()));
    this.#socket.on("error", () => undefined);
    this.#socket.on("close", () => (this.endedAtMs ??= systemClock.nowMs()));
    this.#timer = setInterval(() => this.#socket.write("x"), 2);
  }

  leave(): void {
    clearInterval(this.#timer);
    this.#socket.destroy();
  }
}

/** Whether a new connection from an address is accepted, and how it is refused else. */
export function knock(port: number, from: string | undefined): Promise<string> {
  return new Promise((resolve) => {
    const socket = connect({ host: "127.0.0.1", port, localAddress: from ?? "" });
    const timer = setTimeout(() => socket.destroy(new Error("silence")), 1000);
    socket.once("connect", () => socket.destroy());
    socket.once("error", (error: NodeJS.ErrnoException) => settle(error.code ?? error.message));
    socket.once("close", () => settle("accepted"));
    const settle = (how: string): void => {
      clearTimeout(timer);
      resolve(how);
    };
  });
}
