/** What a client's first packet asks for. `other` is not PostgreSQL's protocol, or TLS without asking. */
export type Opening = "startup" | "tls" | "gss" | "cancel" | "other";

const CODES = new Map<number, Opening>([
  [80877103, "tls"],
  [80877104, "gss"],
  [80877102, "cancel"],
]);

/** PostgreSQL's own limit for a packet before the connection is accepted. */
const MAX_OPENING_BYTES = 10_000;

/** The first packet, once its first eight bytes are there; `null` before. */
export function readOpening(bytes: Buffer): { readonly opening: Opening; readonly lengthBytes: number } | null {
  if (bytes[0] !== undefined && bytes[0] !== 0) return { opening: "other", lengthBytes: 0 };
  if (bytes.length < 8) return null;
  const lengthBytes = bytes.readInt32BE(0);
  const code = bytes.readInt32BE(4);
  const opening = CODES.get(code) ?? (code >>> 16 === 3 ? "startup" : "other");
  const isLegal = lengthBytes >= 8 && lengthBytes <= MAX_OPENING_BYTES;
  return isLegal ? { opening, lengthBytes } : { opening: "other", lengthBytes: 0 };
}

/** "No", to a client that asked for encryption. */
export const NO_ENCRYPTION: Buffer = Buffer.from("N");

/** A client's goodbye. */
export const TERMINATE: Buffer = Buffer.from([0x58, 0, 0, 0, 4]);

/** SQLSTATEs that the proxy tells or understands. */
export const CANNOT_CONNECT_NOW = "57P03";
export const ADMIN_SHUTDOWN = "57P01";
export const TOO_MANY_CONNECTIONS = "53300";

/** The server's last word on a connection. */
export function fatalError(code: string, message: string, hint = ""): Buffer {
  const fields = [`SFATAL`, `VFATAL`, `C${code}`, `M${message}`, ...(hint === "" ? [] : [`H${hint}`])];
  const body = Buffer.from(`${fields.join("\0")}\0\0`);
  const head = Buffer.alloc(5);
  head.write("E");
  head.writeInt32BE(body.length + 4, 1);
  return Buffer.concat([head, body]);
}

const ERROR = 0x45;

/** Whether `bytes` begin with an error message of which a part is still to come. */
export function isPartOfError(bytes: Buffer): boolean {
  if (bytes[0] !== ERROR) return false;
  return bytes.length < 5 || (bytes.length < messageEnd(bytes) && messageEnd(bytes) <= MAX_OPENING_BYTES);
}

/** The SQLSTATE of the whole error message that `bytes` begin with; `null`: it is another message. */
export function errorCode(bytes: Buffer): string | null {
  if (bytes[0] !== ERROR || bytes.length < 5) return null;
  const fields = bytes.toString("utf8", 5, messageEnd(bytes)).split("\0");
  return fields.find((field) => field.startsWith("C"))?.slice(1) ?? null;
}

function messageEnd(bytes: Buffer): number {
  return 1 + bytes.readInt32BE(1);
}
