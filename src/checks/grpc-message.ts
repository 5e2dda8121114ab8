/** What gRPC's health protocol calls the states of a service, by their numbers. */
const STATES = ["UNKNOWN", "SERVING", "NOT_SERVING", "SERVICE_UNKNOWN"] as const;

/** A message with its frame: one byte that says "not compressed", then the length in four. */
export function encodeRequest(service: string): Buffer {
  const name = Buffer.from(service);
  const message = name.length === 0 ? name : Buffer.concat([Buffer.of(0x0a), varint(name.length), name]);
  const frame = Buffer.alloc(5);
  frame.writeUInt32BE(message.length, 1);
  return Buffer.concat([frame, message]);
}

/** The state in a framed answer. Throws when it is none. */
export function decodeState(framed: Buffer): string {
  if (framed.length < 5) throw new Error("its answer is empty");
  if (framed[0] !== 0) throw new Error("its answer is compressed");
  const length = framed.readUInt32BE(1);
  if (framed.length < 5 + length) throw new Error("its answer is cut off");
  const state = stateIn(framed.subarray(5, 5 + length));
  return STATES[state] ?? `state ${state}`;
}

/** Field 1 as a number; what has not been sent is 0. Fields of other numbers may come one day. */
function stateIn(message: Buffer): number {
  let state = 0;
  for (let at = 0; at < message.length;) {
    const tag = readVarint(message, at);
    const value = isSized(tag.value) ? readVarint(message, tag.end) : { value: 0, end: tag.end };
    if (tag.value === 0x08) state = value.value;
    at = endOfField(tag.value & 7, tag.end, value);
  }
  return state;
}

function endOfField(wireType: number, begin: number, value: { readonly value: number; readonly end: number }): number {
  if (wireType === 0) return value.end;
  if (wireType === 2) return value.end + value.value;
  if (wireType === 1) return begin + 8;
  if (wireType === 5) return begin + 4;
  throw new Error("its answer is no message");
}

function readVarint(message: Buffer, from: number): { readonly value: number; readonly end: number } {
  let value = 0;
  for (let i = 0; i < 10; i += 1) {
    const byte = message[from + i];
    if (byte === undefined) break;
    value += (byte & 0x7f) * 2 ** (7 * i);
    if (byte < 0x80) return { value, end: from + i + 1 };
  }
  throw new Error("its answer is no message");
}

function varint(value: number): Buffer {
  const bytes: number[] = [];
  for (let rest = value; ; rest >>>= 7) {
    if (rest < 0x80) return Buffer.from([...bytes, rest]);
    bytes.push((rest & 0x7f) | 0x80);
  }
}

/** Whether a number follows the tag: a value or a length. */
function isSized(tag: number): boolean {
  return (tag & 7) === 0 || (tag & 7) === 2;
}
