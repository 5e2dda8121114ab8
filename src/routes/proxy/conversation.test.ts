import assert from "node:assert/strict";
import { test } from "node:test";
import { Conversation } from "./conversation.ts";
import { fatalError } from "./postgres-messages.ts";

/** A message of a type, with a body of some bytes. */
function message(type: string, body: Buffer | string = ""): Buffer {
  const bytes = Buffer.from(body);
  const head = Buffer.alloc(5);
  head.write(type);
  head.writeInt32BE(bytes.length + 4, 1);
  return Buffer.concat([head, bytes]);
}

function opening(code: number, body = ""): Buffer {
  const head = Buffer.alloc(8);
  head.writeInt32BE(8 + body.length, 0);
  head.writeInt32BE(code, 4);
  return Buffer.concat([head, Buffer.from(body)]);
}

const startup = opening(196_608, "user\0ana\0\0");
const tls = opening(80_877_103);
const welcome = Buffer.concat([
  message("R", "\0\0\0\0"),
  message("S", "a\0b\0"),
  message("K", "12345678"),
  message("Z", "I"),
]);
const query = message("Q", "select 1\0");
const rows = Buffer.concat([message("T", "x".repeat(30)), message("D", "y".repeat(70)), message("C", "SELECT 1\0")]);

/** What is said, one after the other: `c` by the client, `s` by the server; and whether it is idle then. */
type Line = readonly ["c" | "s", Buffer, boolean];

const begun: readonly Line[] = [
  ["c", startup, false],
  ["s", welcome, true],
];

const stories: Record<string, readonly Line[]> = {
  "a query": [...begun, ["c", query, false], ["s", rows, false], ["s", message("Z", "I"), true]],
  "a transaction": [
    ...begun,
    ["c", query, false],
    ["s", message("Z", "T"), false],
    ["c", query, false],
    ["s", message("Z", "E"), false],
    ["c", query, false],
    ["s", message("Z", "I"), true],
  ],
  "a notice while it is quiet": [...begun, ["s", message("A", "0123456789"), true]],
  "two queries sent at once": [
    ...begun,
    ["c", Buffer.concat([query, query]), false],
    ["s", message("Z", "I"), false],
    ["s", message("Z", "I"), true],
  ],
  "parse and bind without a sync": [
    ...begun,
    ["c", Buffer.concat([message("P", "a"), message("B", "b"), message("E", "c")]), false],
    ["s", message("1"), false],
    ["c", message("S"), false],
    ["s", message("Z", "I"), true],
  ],
  "a query whose next one is sent before its answer": [
    ...begun,
    ["c", query, false],
    ["c", message("P", "next"), false],
    ["s", message("Z", "I"), false],
    ["c", message("S"), false],
    ["s", message("Z", "I"), true],
  ],
  "a copy in by a query": [
    ...begun,
    ["c", query, false],
    ["s", message("G", "abc"), false],
    ["c", message("d", "1,2,3\n"), false],
    ["c", message("c"), false],
    ["s", message("Z", "I"), true],
  ],
  "a copy in by the extended protocol, whose first sync the server ignores": [
    ...begun,
    ["c", Buffer.concat([message("P", "a"), message("B", "b"), message("E", "c"), message("S")]), false],
    ["s", message("G", "abc"), false],
    ["c", Buffer.concat([message("d", "1,2,3\n"), message("c"), message("S")]), false],
    ["s", message("Z", "I"), true],
  ],
  replication: [...begun, ["c", query, false], ["s", message("W", "abc"), false], ["s", message("d", "wal"), false]],
  "a refused wish for encryption": [["c", tls, false], ["s", Buffer.from("N"), false], ...begun],
  encryption: [
    ["c", tls, false],
    ["s", Buffer.from("S"), false],
    ["c", Buffer.from("ZIZI"), false],
    ["s", message("Z", "I"), false],
  ],
  "a password": [
    ["c", startup, false],
    ["s", message("R", "\0\0\0\x0a"), false],
    ["c", message("p", "secret"), false],
    ["s", welcome, true],
  ],
  "a goodbye": [...begun, ["c", message("X"), false]],
  "no PostgreSQL at all": [
    ["c", Buffer.from("GET / HTTP/1.1\r\n"), false],
    ["s", message("Z", "I"), false],
  ],
};

for (const [name, lines] of Object.entries(stories)) {
  for (const bytesAtOnce of [1, 2, 3, 7, 1000]) {
    test(`a conversation knows when it is idle: ${name}, ${bytesAtOnce} bytes at once`, () => {
      const conversation = new Conversation();
      for (const [who, bytes, isIdle] of lines) {
        for (let at = 0; at < bytes.length; at += bytesAtOnce) {
          const chunk = bytes.subarray(at, at + bytesAtOnce);
          if (who === "c") conversation.fromClient(chunk);
          else conversation.fromServer(chunk);
        }
        assert.equal(conversation.isIdle, isIdle, `after ${who} ${bytes.toString("latin1").slice(0, 20)}`);
      }
    });
  }
}

test("a conversation is not idle in the middle of a message", () => {
  const conversation = new Conversation();
  conversation.fromClient(startup);
  conversation.fromServer(welcome);
  conversation.fromServer(message("A", "0123456789").subarray(0, 9));
  assert.equal(conversation.isIdle, false);
  conversation.fromServer(message("A", "0123456789").subarray(9));
  assert.equal(conversation.isIdle, true);
  conversation.fromClient(query.subarray(0, 1));
  assert.equal(conversation.isIdle, false);
});

test("a stream that makes no sense is never idle", () => {
  const conversation = new Conversation();
  conversation.fromClient(startup);
  conversation.fromServer(Buffer.concat([Buffer.from([0x52, 0xff, 0xff, 0xff, 0xff]), welcome]));
  assert.equal(conversation.isIdle, false);
});

test("fatalError() is a message that a client can read", () => {
  const bytes = fatalError("57P03", "not now", "soon");
  assert.equal(bytes.toString("latin1", 0, 1), "E");
  assert.equal(bytes.readInt32BE(1), bytes.length - 1);
  assert.deepEqual(bytes.toString("utf8", 5).split("\0"), ["SFATAL", "VFATAL", "C57P03", "Mnot now", "Hsoon", "", ""]);
});
