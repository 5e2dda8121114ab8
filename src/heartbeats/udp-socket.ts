import { createSocket, type Socket } from "node:dgram";
import { lookup } from "node:dns";
import { isIP, isIPv6 } from "node:net";
import type { Address } from "../config/config.ts";
import { messageOf } from "../lib/failure.ts";

/** An address that cannot be had is tried again after that. */
const AGAIN_MS = 1000;

/** For so long a name stands for the address that it was last found to. */
const NAME_MS = 30_000;

/** A UDP socket at `own` that comes about as soon as it can, and again when it breaks. What cannot be sent is lost, as any packet may be. */
export class UdpSocket {
  readonly #own: Address;
  readonly #arrived: (bytes: Buffer) => void;
  readonly #names = new Map<string, { ip: string | null; askedAtMs: number }>();
  #socket: Socket | null = null;
  #problem: string | null = null;
  #isClosed = false;

  constructor(own: Address, arrived: (bytes: Buffer) => void) {
    this.#own = own;
    this.#arrived = arrived;
    this.#open();
  }

  get problem(): string | null {
    return this.#problem;
  }

  send(bytes: Buffer, { host, port }: Address): void {
    const ip = this.#ipOf(host);
    if (ip !== null) this.#socket?.send(bytes, port, ip, () => undefined);
  }

  close(): void {
    this.#isClosed = true;
    this.#socket?.close();
    this.#socket = null;
  }

  #open(): void {
    if (this.#isClosed) return;
    const socket = createSocket(isIPv6(this.#own.host) ? "udp6" : "udp4");
    socket.on("message", this.#arrived);
    socket.on("error", (error) => this.#broke(socket, error));
    socket.bind({ port: this.#own.port, address: this.#own.host }, () => (this.#problem = null));
    this.#socket = socket;
  }

  #broke(socket: Socket, error: Error): void {
    const { host, port } = this.#own;
    this.#problem = `No heartbeats: ${host}:${port} (UDP) cannot be used: ${messageOf(error)}. It is tried again.`;
    if (this.#socket !== socket) return;
    this.#socket = null;
    socket.close();
    setTimeout(() => this.#open(), AGAIN_MS);
  }

  /** One question at a time for each name, beside the packets: the system may take seconds to answer. */
  #ipOf(host: string): string | null {
    if (isIP(host) !== 0) return host;
    const known = this.#names.get(host) ?? { ip: null, askedAtMs: -Infinity };
    this.#names.set(host, known);
    if (performance.now() - known.askedAtMs < (known.ip === null ? AGAIN_MS : NAME_MS)) return known.ip;
    known.askedAtMs = Infinity;
    lookup(host, { family: isIPv6(this.#own.host) ? 6 : 4 }, (error, ip) => {
      known.askedAtMs = performance.now();
      known.ip = error === null ? ip : known.ip;
    });
    return known.ip;
  }
}
