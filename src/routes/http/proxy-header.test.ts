import assert from "node:assert/strict";
import { test } from "node:test";
import { readProxyHeader } from "./proxy-header.ts";

const SIGNATURE = Buffer.from("\r\n\r\n\0\r\nQUIT\n", "latin1");

function binary(command: number, family: number, rest: readonly number[]): Buffer {
  return Buffer.concat([SIGNATURE, Buffer.from([command, family, rest.length >> 8, rest.length & 255, ...rest])]);
}

const V4 = [10, 1, 2, 3, 10, 0, 0, 1, 0x1f, 0x90, 0, 80];
const V6 = [...Array.from({ length: 15 }, () => 0), 1, ...Array.from({ length: 16 }, () => 0), 0, 1, 0, 2];

const named: readonly [string, Buffer, string | null][] = [
  ["version 1", Buffer.from("PROXY TCP4 10.1.2.3 10.0.0.1 8080 80\r\n"), "10.1.2.3"],
  ["version 1, IPv6", Buffer.from("PROXY TCP6 2001:db8::1 ::1 8080 80\r\n"), "2001:db8::1"],
  ["version 1, unknown", Buffer.from("PROXY UNKNOWN whatever\r\n"), null],
  ["version 2", binary(0x21, 0x11, V4), "10.1.2.3"],
  ["version 2, with more", binary(0x21, 0x11, [...V4, 4, 0, 2, 1, 1]), "10.1.2.3"],
  ["version 2, IPv6", binary(0x21, 0x21, V6), "::1"],
  ["version 2, a check of the balancer's own", binary(0x20, 0, []), null],
  [
    "version 2, a Unix socket",
    binary(
      0x21,
      0x31,
      Array.from({ length: 216 }, () => 0),
    ),
    null,
  ],
];

for (const [what, bytes, address] of named)
  test(`a header of ${what} is read, however it is cut`, () => {
    for (let length = 0; length < bytes.length; length += 1)
      assert.equal(readProxyHeader(bytes.subarray(0, length)), null, `${length}`);
    const followed = Buffer.concat([bytes, Buffer.from("GET / HTTP/1.1\r\n")]);
    assert.deepEqual(readProxyHeader(followed), { address, length: bytes.length });
  });

const wrong: readonly [Buffer, RegExp][] = [
  [Buffer.from("GET / HTTP/1.1\r\n"), /does not begin with/],
  [Buffer.from("PROXY TCP4 example.org 10.0.0.1 8080 80\r\n"), /names no address/],
  [Buffer.from("PROXY TCP4 ::1 ::1 8080 80\r\n"), /names no address/],
  [Buffer.from("PROXY UDP4 10.0.0.1 10.0.0.1 8080 80\r\n"), /unknown protocol/],
  [Buffer.from(`PROXY TCP4 ${"1".repeat(200)}`), /too long/],
  [binary(0x31, 0x11, V4), /unknown version/],
  [binary(0x22, 0x11, V4), /unknown command/],
  [Buffer.concat([SIGNATURE, Buffer.from([0x21, 0x11, 255, 255])]), /too long/],
];

for (const [bytes, message] of wrong)
  test(`a header is refused: ${String(message)}`, () => assert.match(JSON.stringify(readProxyHeader(bytes)), message));
