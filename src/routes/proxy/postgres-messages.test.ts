import assert from "node:assert/strict";
import { test } from "node:test";
import { errorCode, fatalError, isPartOfError, readOpening } from "./postgres-messages.ts";

function packet(lengthBytes: number, code: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeInt32BE(lengthBytes, 0);
  bytes.writeInt32BE(code, 4);
  return bytes;
}

const openings: readonly [string, Buffer, string | null][] = [
  ["a start with protocol 3.0", packet(50, 196_608), "startup"],
  ["a start with protocol 3.2", packet(50, 196_610), "startup"],
  ["a wish for TLS", packet(8, 80_877_103), "tls"],
  ["a wish for GSS", packet(8, 80_877_104), "gss"],
  ["a request to cancel", packet(16, 80_877_102), "cancel"],
  ["protocol 2", packet(50, 131_072), "other"],
  ["a length that is too large", packet(10_001, 196_608), "other"],
  ["a length that is too small", packet(4, 196_608), "other"],
  ["TLS without asking", Buffer.from([0x16, 3, 1]), "other"],
  ["HTTP", Buffer.from("GET"), "other"],
  ["not yet eight bytes", packet(50, 196_608).subarray(0, 7), null],
  ["nothing", Buffer.alloc(0), null],
];

for (const [name, bytes, expected] of openings) {
  test(`readOpening() recognizes ${name}`, () => assert.equal(readOpening(bytes)?.opening ?? null, expected));
}

test("errorCode() finds the SQLSTATE of a whole error, and isPartOfError() knows when it is not whole", () => {
  const bytes = fatalError("57P03", "the database system is starting up");
  assert.equal(errorCode(bytes), "57P03");
  assert.equal(isPartOfError(bytes), false);
  for (let length = 1; length < bytes.length; length++) assert.equal(isPartOfError(bytes.subarray(0, length)), true);
  assert.equal(isPartOfError(Buffer.from("R")), false);
  assert.equal(errorCode(Buffer.from("Rabcdefgh")), null);
});
