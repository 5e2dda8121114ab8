import type { BlockList, Server, Socket } from "node:net";
import {
  createServer as createSecureServer,
  type SecureContextOptions,
  type TlsOptions,
  type TLSSocket,
} from "node:tls";
import type { Address } from "../../config/config.ts";
import { messageOf } from "../../lib/failure.ts";
import { listen, SOCKETS } from "../proxy/listener.ts";
import type { Certificates } from "./certificates.ts";
import { isIn, type Origin, plainAddress } from "./forwarded.ts";
import { takeProxyHeader } from "./proxy-header.ts";

export interface ArrivalsOptions {
  readonly listen: Address;
  /** For clients that speak TLS; `null`: they do not. */
  readonly certificates: Certificates | null;
  /** Proxies in front, whose word about their clients is believed; `null`: none. */
  readonly trusted: BlockList | null;
  /** Whether the trusted ones begin each connection with a PROXY header. */
  readonly proxyProtocol: boolean;
  /** How long a handshake or a header may take. */
  readonly withinMs: number;
  readonly log: (text: string) => void;
}

type Sni = NonNullable<TlsOptions["SNICallback"]>;
type Accept = (client: Socket, origin: Origin) => void;

/** Opens the port; `accept` gets the clients that are ready to ask. */
export async function openArrivals(options: ArrivalsOptions, accept: Accept): Promise<Arrivals> {
  const arrivals = new Arrivals(options, accept);
  await arrivals.open();
  return arrivals;
}

/** The port of a proxy: takes connections, and off them what comes before their first request. */
export class Arrivals {
  readonly #options: ArrivalsOptions;
  readonly #accept: Accept;
  readonly #secure: ReturnType<typeof createSecureServer> | null;
  /** Those that are not ready yet, or speak TLS. */
  readonly #sockets = new Set<Socket>();
  /** Whom a PROXY header named, by the connection's own address and port. */
  readonly #named = new Map<string, string>();
  #server: Server | null = null;

  constructor(options: ArrivalsOptions, accept: Accept) {
    this.#options = options;
    this.#accept = accept;
    this.#secure = options.certificates === null ? null : this.#makeSecure(options.certificates);
  }

  async open(): Promise<void> {
    const { listen: address, log } = this.#options;
    this.#server = await listen(address, "--listen", (socket) => this.#arrive(socket), log);
  }

  limit(connections: number): void {
    if (this.#server !== null) this.#server.maxConnections = connections;
  }

  /** New clients without a name are shown this certificate. */
  show(certificate: SecureContextOptions): void {
    this.#secure?.setSecureContext(certificate);
  }

  /** Takes no more. Resolves once all that were taken are gone. */
  async close(): Promise<void> {
    const server = this.#server;
    if (server !== null) await new Promise<void>((resolve) => void server.close(() => resolve()));
  }

  /** Ends at once what is not ready, or speaks TLS. */
  destroy(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  #makeSecure(certificates: Certificates): ReturnType<typeof createSecureServer> {
    const handshake = {
      ...SOCKETS,
      ...certificates.first,
      SNICallback: (name: string, then: Parameters<Sni>[1]): void => then(null, certificates.of(name)),
      handshakeTimeout: this.#options.withinMs,
      ALPNProtocols: ["h2", "http/1.1"],
    };
    const secure = createSecureServer(handshake, (socket: TLSSocket) => this.#ready(socket, "https"));
    secure.on("tlsClientError", (_error, socket) => socket.destroy());
    return secure;
  }

  #arrive(socket: Socket): void {
    const { proxyProtocol, trusted } = this.#options;
    const isNamed = proxyProtocol && isIn(trusted, plainAddress(socket.remoteAddress));
    if (this.#secure !== null || isNamed) this.#keep(socket);
    if (isNamed) void this.#takeName(socket);
    else this.#goOn(socket);
  }

  #keep(socket: Socket): void {
    const key = keyOf(socket);
    this.#sockets.add(socket);
    socket.on("error", () => undefined);
    socket.once("close", () => {
      this.#sockets.delete(socket);
      this.#named.delete(key);
    });
  }

  async #takeName(socket: Socket): Promise<void> {
    try {
      const address = await takeProxyHeader(socket, this.#options.withinMs);
      if (address !== null) this.#named.set(keyOf(socket), address);
      this.#goOn(socket);
      if (this.#secure === null) socket.resume();
    } catch (error) {
      this.#options.log(`${plainAddress(socket.remoteAddress)} was let go: ${messageOf(error)}`);
      socket.destroy();
    }
  }

  #goOn(socket: Socket): void {
    if (this.#secure !== null) this.#secure.emit("connection", socket);
    else this.#ready(socket, "http");
  }

  #ready(socket: Socket, proto: Origin["proto"]): void {
    const address = this.#named.get(keyOf(socket)) ?? plainAddress(socket.remoteAddress);
    const localAddress = socket.localAddress ?? "localhost";
    this.#accept(socket, { address, localAddress, proto, isTrusted: isIn(this.#options.trusted, address) });
  }
}

function keyOf({ remoteAddress, remotePort }: Socket): string {
  return `${remoteAddress} ${remotePort}`;
}
