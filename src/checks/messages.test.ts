import assert from "node:assert/strict";
import { test } from "node:test";
import { decodeState, encodeRequest } from "./grpc-message.ts";
import { decodeHttpHead, encodeHttpRequest } from "./http-head.ts";
import { readPluginOutput } from "./plugin-output.ts";
import { decodeReplies, encodeCommand, RedisError } from "./resp.ts";

const outputs: readonly (readonly [string, string, readonly string[]])[] = [
  ["LOAD OK|load1=0.5;5;10;0 load5=1,5;;;0", "LOAD OK", ["load1=0.5", "load5=1.5"]],
  ["OK - fine | 'a b'=1.5s;2;3 c=80%;90 d=U e=-3e2B\nmore | x=1", "OK - fine", ["a b=1.5s", "c=80%", "e=-300B"]],
  ["\n\nlate\ttext", "late text", []],
  ["", "", []],
  ["x | nonsense == ;; =3", "x", []],
  ["| time=0.01s", "", ["time=0.01s"]],
];
for (const [given, text, metrics] of outputs)
  test(`readPluginOutput(${JSON.stringify(given)})`, () => {
    const read = readPluginOutput(given);
    assert.equal(read.text, text);
    assert.deepEqual(
      read.metrics.map(({ name, value, unit }) => `${name}=${value}${unit}`),
      metrics,
    );
  });

test("readPluginOutput() bounds text and figures", () => {
  const { text, metrics } = readPluginOutput(`${"x".repeat(9000)}|${"a=1 ".repeat(500)}`);
  assert.equal(text.length, 301);
  assert.equal(metrics.length, 100);
});

test("decodeReplies() reads what Redis says, in pieces too", () => {
  const whole = "+PONG\r\n-ERR no\r\n:-7\r\n$3\r\na\r\n\r\n$-1\r\n*2\r\n$6\r\nmaster\r\n*0\r\n";
  const all = ["PONG", new RedisError("ERR no"), -7, "a\r\n", null, ["master", []]];
  assert.deepEqual(decodeReplies(whole), all);
  for (let at = 0; at < whole.length; at += 1) {
    const some = decodeReplies(whole.slice(0, at));
    assert.deepEqual(some, all.slice(0, some.length));
  }
  for (const strange of ["HTTP/1.1 400", "+x\r\n?", ":x\r\n", "*99999999\r\n"])
    assert.throws(() => decodeReplies(strange));
  assert.equal(encodeCommand(["AUTH", "ä"]), "*2\r\n$4\r\nAUTH\r\n$2\r\nä\r\n");
});

test("decodeHttpHead() reads status and headers, passes over interim answers, and refuses others", () => {
  const head = decodeHttpHead("HTTP/1.1 103 Early\r\nLink: x\r\n\r\nHTTP/1.0 204\r\nX-A: 1\r\nx-a:  2 \r\n\r\nbody");
  assert.equal(head?.status, 204);
  assert.equal(head.header("X-A"), "1, 2");
  for (const part of ["", "HT", "HTTP/1.1 200 OK\r\nA: b\r\n", "HTTP/1.1 100 Continue\r\n\r\n"])
    assert.equal(decodeHttpHead(part), null);
  for (const strange of [
    "SSH-2.0-x\r\n",
    "HTTP/2 200\r\n\r\n",
    "HTTP/1.1 2000 x\r\n\r\n",
    `HTTP/1.1 200 ${"x".repeat(70_000)}`,
  ])
    assert.throws(() => decodeHttpHead(strange));
  assert.throws(() => encodeHttpRequest("GET", "/a\r\nX: y", "h"));
});

test("gRPC's messages are read and written as protobuf does", () => {
  assert.equal(encodeRequest("").toString("hex"), "0000000000");
  assert.equal(encodeRequest("shop").toString("hex"), "00000000060a0473686f70");
  assert.equal(encodeRequest("x".repeat(300)).subarray(5, 8).toString("hex"), "0aac02");
  const framed = (hex: string): Buffer =>
    Buffer.concat([Buffer.from([0, 0, 0, 0, hex.length / 2]), Buffer.from(hex, "hex")]);
  assert.equal(decodeState(framed("0801")), "SERVING");
  assert.equal(decodeState(framed("0802")), "NOT_SERVING");
  assert.equal(decodeState(framed("")), "UNKNOWN");
  assert.equal(decodeState(framed("1a016108012500000000")), "SERVING");
  assert.equal(decodeState(framed("0809")), "state 9");
  for (const wrong of ["08", "0880", "0b"]) assert.throws(() => decodeState(framed(wrong)));
  assert.throws(() => decodeState(Buffer.from([1, 0, 0, 0, 0])));
});
