import { connect, createServer, type Server, type Socket } from "node:net";
import type { Address } from "../../src/config/config.ts";

/** Passes TCP connections on, until it is told to swallow everything, as a cut cable does. */
export class Relay {
  readonly address: Address;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  #isCut = false;

  private constructor(server: Server, port: number) {
    this.#server = server;
    this.address = { host: "127.0.0.1", port };
  }

  static async to(target: Address): Promise<Relay> {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const relay = new Relay(server, (server.address() as { port: number }).port);
    server.on("connection", (near) => relay.#join(near, connect(target.port, target.host)));
    return relay;
  }

  /** From now on nothing gets through, and nobody is told. */
  cut(): void {
    this.#isCut = true;
  }

  /** New connections get through again; those of before stay dead. */
  heal(): void {
    this.#isCut = false;
  }

  /** Ends all connections, so that both sides notice. */
  drop(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.drop();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #join(near: Socket, far: Socket): void {
    let isDead = this.#isCut;
    const pass = (from: Socket, to: Socket): void => {
      this.#sockets.add(from);
      from.on("data", (bytes) => {
        isDead ||= this.#isCut;
        if (!isDead) to.write(bytes);
      });
      from.on("error", () => from.destroy());
      from.on("close", () => {
        this.#sockets.delete(from);
        isDead ||= this.#isCut;
        if (!isDead) to.destroy();
      });
    };
    pass(near, far);
    pass(far, near);
  }
}
