import assert from "node:assert/strict";
import { createHmac, randomBytes } from "node:crypto";
import { test } from "node:test";
import type { Heartbeat } from "./heartbeats.ts";
import { decode, encode, type PacketContext } from "./packet.ts";

const CONTEXT: PacketContext = { key: randomBytes(32), cluster: "shop" };

const BEAT: Heartbeat = {
  from: "a",
  to: "b",
  life: "0123456789abcdef0123456789abcdef",
  echo: "fedcba9876543210fedcba9876543210",
  sequence: 4711,
  heardSequence: 99,
  heardMsAgo: 12,
  stuckMs: 3,
  session: "0123456789abcdef",
  asks: [],
  promises: [],
};

/** With the seal that belongs to it: what somebody with the key could send. */
function sealed(bytes: Buffer): Buffer {
  return Buffer.concat([bytes, createHmac("sha256", CONTEXT.key).update(bytes).digest()]);
}

function unsealed(bytes: Buffer): Buffer {
  return Buffer.from(bytes.subarray(0, -32));
}

test("decode() gives back what encode() was given", () => {
  const asking = { ...BEAT, asks: [{ group: "main", term: 7 }] };
  const promising = { ...BEAT, promises: [{ group: "main", term: 7, forMs: 12.5 }] };
  const bare = { ...BEAT, echo: "", heardMsAgo: null, heardSequence: 0, session: "" };
  for (const beat of [BEAT, asking, promising, bare]) assert.deepEqual(decode(encode(beat, CONTEXT), CONTEXT), beat);
});

test("decode() believes no other key, no other cluster and no changed byte", () => {
  const bytes = encode(BEAT, CONTEXT);
  assert.equal(decode(bytes, { ...CONTEXT, key: randomBytes(32) }), "wrong-key");
  assert.equal(decode(bytes, { ...CONTEXT, cluster: "other" }), "wrong-cluster");
  for (let at = 0; at < bytes.length; at++) {
    const changed = Buffer.from(bytes);
    changed[at] = (changed[at] ?? 0) ^ 1;
    assert.equal(typeof decode(changed, CONTEXT), "string", `byte ${at}`);
  }
});

test("decode() passes extensions over, and nothing that is not announced", () => {
  const head = unsealed(encode(BEAT, CONTEXT)).subarray(0, -2);
  const withExtension = (announced: number, bytes: Buffer): Buffer => {
    const length = Buffer.alloc(2);
    length.writeUInt16BE(announced);
    const packet = Buffer.concat([head, length, bytes]);
    packet.writeUInt16BE(packet.length, 6);
    return sealed(packet);
  };
  assert.deepEqual(decode(withExtension(20, randomBytes(20)), CONTEXT), BEAT);
  assert.equal(decode(withExtension(21, randomBytes(20)), CONTEXT), "malformed");
  assert.equal(decode(withExtension(19, randomBytes(20)), CONTEXT), "malformed");
  assert.equal(decode(withExtension(2000, randomBytes(2000)), CONTEXT), "oversized");
});

test("decode() survives anything, also under the right key", () => {
  for (let i = 0; i < 5000; i++) {
    const bytes = randomBytes(Math.floor(Math.random() * 300));
    if (i % 2 === 0) encode(BEAT, CONTEXT).copy(bytes, 0, 0, Math.floor(Math.random() * 120));
    if (bytes.length >= 8 && i % 3 === 0) bytes.writeUInt16BE(bytes.length, 6);
    const result = decode(i % 3 === 0 ? sealed(bytes) : bytes, CONTEXT);
    assert.ok(typeof result === "string" || typeof result.session === "string");
  }
});
