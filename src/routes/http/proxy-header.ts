import { isIP, type Socket, SocketAddress } from "node:net";
import { plainAddress } from "./forwarded.ts";

/** What a load balancer says in front of a connection about where it comes from. */
export interface ProxyHeader {
  /** `null`: it speaks for itself. */
  readonly address: string | null;
  /** How many bytes it has. */
  readonly length: number;
}

const SIGNATURE = Buffer.from("\r\n\r\n\0\r\nQUIT\n", "latin1");
const V1 = Buffer.from("PROXY ", "latin1");
const V1_MAX = 107;
const V2_HEAD = 16;
/** Addresses, and what else a load balancer may add. */
const V2_MAX = V2_HEAD + 2048;

/** Reads a PROXY protocol header, version 1 or 2. `null`: there is more to come; a text says what is wrong. */
export function readProxyHeader(bytes: Buffer): ProxyHeader | null | string {
  if (begins(bytes, SIGNATURE)) return bytes.length < V2_HEAD ? null : readBinary(bytes);
  if (begins(bytes, V1)) return readText(bytes);
  return "it does not begin with a PROXY header";
}

/**
 * Waits for the header of a connection, for at most `withinMs`, and takes it off. Resolves with whom it names, or rejects; then the
 * connection is of no use.
 */
export function takeProxyHeader(socket: Socket, withinMs: number): Promise<string | null> {
  const { promise, resolve, reject } = Promise.withResolvers<string | null>();
  const timer = setTimeout(() => reject(new Error("its PROXY header took too long")), withinMs);
  let bytes: Buffer = Buffer.alloc(0);
  const take = (part: Buffer): void => {
    bytes = Buffer.concat([bytes, part]);
    const header = readProxyHeader(bytes);
    if (header === null) return;
    if (typeof header === "string") return reject(new Error(header));
    socket.pause();
    socket.unshift(bytes.subarray(header.length));
    resolve(header.address);
  };
  const gone = (): void => reject(new Error("it has ended before its PROXY header"));
  socket.on("data", take).once("close", gone).on("error", gone);
  return promise.finally(() => {
    clearTimeout(timer);
    socket.off("data", take).off("close", gone).off("error", gone);
  });
}

/** Whether it is, or may become, what begins so. */
function begins(bytes: Buffer, how: Buffer): boolean {
  const length = Math.min(bytes.length, how.length);
  return bytes.subarray(0, length).equals(how.subarray(0, length));
}

function readText(bytes: Buffer): ProxyHeader | null | string {
  const text = bytes.toString("latin1", 0, V1_MAX);
  const end = text.indexOf("\r\n");
  if (end < 0) return text.length < V1_MAX ? null : "its PROXY header is too long";
  const [, protocol = "", source = ""] = text.slice(0, end).split(" ");
  const length = end + 2;
  if (protocol === "UNKNOWN") return { address: null, length };
  if (protocol !== "TCP4" && protocol !== "TCP6") return "its PROXY header is of an unknown protocol";
  return isIP(source) === Number(protocol.at(-1)) ? { address: source, length } : "its PROXY header names no address";
}

function readBinary(bytes: Buffer): ProxyHeader | null | string {
  const length = V2_HEAD + bytes.readUInt16BE(14);
  const [command = 0, family = 0] = [bytes[12], bytes[13]];
  if (command >> 4 !== 2) return "its PROXY header is of an unknown version";
  if (length > V2_MAX) return "its PROXY header is too long";
  if (bytes.length < length) return null;
  if ((command & 15) === 0) return { address: null, length };
  if ((command & 15) !== 1) return "its PROXY header has an unknown command";
  return { address: addressOf(bytes.subarray(V2_HEAD, length), family >> 4), length };
}

/** `null`: of a kind that HTTP does not come by. */
function addressOf(bytes: Buffer, family: number): string | null {
  if (family === 1 && bytes.length >= 12) return bytes.subarray(0, 4).join(".");
  if (family !== 2 || bytes.length < 36) return null;
  const address = Array.from({ length: 8 }, (_, at) => bytes.readUInt16BE(at * 2).toString(16)).join(":");
  return plainAddress(new SocketAddress({ address, family: "ipv6" }).address);
}
