import { createHmac, timingSafeEqual } from "node:crypto";
import type { Ask } from "../core/promise.ts";
import type { Dropped, Heartbeat, Word } from "./heartbeats.ts";

/**
 * A heartbeat as bytes, big-endian:
 *
 * ```
 *  0  "USHB"                      4
 *  4  version 1, reserved 0       2
 *  6  length without the seal     2
 *  8  life, echo (0: none)       16 16
 * 40  sequence, heard sequence    8  8
 * 56  heard ms ago (all 1: never) 4
 * 60  stuck ms                    4
 * 64  from, to, cluster, session  each 1 + as many bytes
 *     extensions                  2 + as many bytes: nothing, or a text in JSON
 *     seal: HMAC-SHA256 of all    32
 * ```
 *
 * In the extensions stand what is asked for, and promises: `{"asks": […], "promises": […]}`; a version without them passes them over.
 */
export interface PacketContext {
  readonly key: Buffer;
  readonly cluster: string;
}

const MAGIC = Buffer.from("USHB");
const VERSION = 1;
const TEXTS_AT = 64;
const SEAL_BYTES = 32;
const NEVER = 0xffff_ffff;
const NOBODY = "0".repeat(32);

/** More has no place in one Ethernet frame, and no heartbeat needs it. */
const MOST_BYTES = 1200;
const MOST_SAID_BYTES = 700;

export function encode(heartbeat: Heartbeat, { key, cluster }: PacketContext): Buffer {
  const texts = [heartbeat.from, heartbeat.to, cluster, heartbeat.session].map((text) => Buffer.from(text));
  const extensions = Buffer.from(extensionsOf(heartbeat));
  const length = TEXTS_AT + texts.reduce((sum, text) => sum + 1 + text.length, 0) + 2 + extensions.length;
  const bytes = Buffer.alloc(length + SEAL_BYTES);
  MAGIC.copy(bytes);
  bytes.writeUInt8(VERSION, 4);
  bytes.writeUInt16BE(length, 6);
  bytes.write(heartbeat.life, 8, "hex");
  bytes.write(heartbeat.echo === "" ? NOBODY : heartbeat.echo, 24, "hex");
  bytes.writeBigUInt64BE(BigInt(heartbeat.sequence), 40);
  bytes.writeBigUInt64BE(BigInt(heartbeat.heardSequence), 48);
  bytes.writeUInt32BE(wholeMs(heartbeat.heardMsAgo), 56);
  bytes.writeUInt32BE(wholeMs(heartbeat.stuckMs), 60);
  let at = TEXTS_AT;
  for (const text of texts) {
    bytes.writeUInt8(text.length, at);
    at += 1 + text.copy(bytes, at + 1);
  }
  bytes.writeUInt16BE(extensions.length, at);
  extensions.copy(bytes, at + 2);
  sealOf(bytes.subarray(0, length), key).copy(bytes, length);
  return bytes;
}

/** The heartbeat that `bytes` are, or why they are to be passed over. Never throws, whatever they are. */
export function decode(bytes: Buffer, { key, cluster }: PacketContext): Heartbeat | Dropped {
  if (bytes.length > MOST_BYTES) return "oversized";
  const length = bytes.length - SEAL_BYTES;
  if (length < TEXTS_AT || !bytes.subarray(0, 4).equals(MAGIC) || bytes.readUInt8(4) !== VERSION) return "malformed";
  if (bytes.readUInt16BE(6) !== length) return "malformed";
  if (!timingSafeEqual(sealOf(bytes.subarray(0, length), key), bytes.subarray(length))) return "wrong-key";
  const texts = textsOf(bytes.subarray(TEXTS_AT, length));
  if (texts === null) return "malformed";
  const [from, to, theirCluster, session, extensions] = texts;
  if (theirCluster !== cluster) return "wrong-cluster";
  const [sequence, heardSequence] = [Number(bytes.readBigUInt64BE(40)), Number(bytes.readBigUInt64BE(48))];
  const [heardMsAgo, stuckMs] = [bytes.readUInt32BE(56), bytes.readUInt32BE(60)];
  return {
    from,
    to,
    life: bytes.toString("hex", 8, 24),
    echo: echoOf(bytes.toString("hex", 24, 40)),
    sequence,
    heardSequence,
    heardMsAgo: heardMsAgo === NEVER ? null : heardMsAgo,
    stuckMs,
    session,
    ...saidIn(extensions),
  };
}

type Said = Pick<Heartbeat, "asks" | "promises">;

/** Nothing is said most of the time. As many of each as have a place: more groups than that ask in turn, as their agents do. */
function extensionsOf({ asks, promises }: Said): string {
  if (asks.length + promises.length === 0) return "";
  const text = JSON.stringify({ asks, promises });
  if (Buffer.byteLength(text) <= MOST_SAID_BYTES) return text;
  return extensionsOf({ asks: asks.slice(0, -1), promises: promises.slice(0, -1) });
}

/** What cannot be understood is another version's, for whoever has the key has made it: it is passed over. */
function saidIn(text: string): Said {
  const nothing = { asks: [], promises: [] };
  if (text === "") return nothing;
  try {
    const { asks, promises } = JSON.parse(text) as Said;
    const isRight = asks.every(isAsk) && promises.every((word) => isAsk(word) && isWord(word));
    return isRight ? { asks, promises } : nothing;
  } catch {
    return nothing;
  }
}

function isAsk({ group, term }: Ask): boolean {
  return typeof group === "string" && Number.isInteger(term);
}

function isWord({ forMs }: Word): boolean {
  return Number.isFinite(forMs) && forMs >= 0;
}

/** The four texts and the extensions, if they fill `bytes` exactly. */
function textsOf(bytes: Buffer): readonly [string, string, string, string, string] | null {
  const texts: string[] = [];
  let at = 0;
  while (texts.length < 4) {
    const end = at + 1 + (bytes[at] ?? bytes.length);
    if (end > bytes.length) return null;
    texts.push(bytes.toString("utf8", at + 1, end));
    at = end;
  }
  const isFilled = at + 2 <= bytes.length && at + 2 + bytes.readUInt16BE(at) === bytes.length;
  return isFilled ? ([...texts, bytes.toString("utf8", at + 2)] as [string, string, string, string, string]) : null;
}

function echoOf(life: string): string {
  return life === NOBODY ? "" : life;
}

function wholeMs(ms: number | null): number {
  return ms === null ? NEVER : Math.min(NEVER - 1, Math.max(0, Math.round(ms)));
}

function sealOf(bytes: Buffer, key: Buffer): Buffer {
  return createHmac("sha256", key).update(bytes).digest();
}
