import assert from "node:assert/strict";
import { test } from "node:test";
import { ChunkScanner } from "./chunked.ts";

/** What is read of `text` when it comes in pieces of `piece` bytes: the contents, what is left behind, or the problem. */
function scan(text: string, piece: number): string {
  const scanner = new ChunkScanner();
  const bytes = Buffer.from(text, "latin1");
  let data = "";
  let at = 0;
  while (at < bytes.length && !scanner.isDone && scanner.problem === "") {
    const to = Math.min(bytes.length, at + piece);
    at = scanner.scan(bytes, at, to, (start, end) => (data += bytes.toString("latin1", start, end)));
  }
  if (scanner.problem !== "") return `problem`;
  return scanner.isDone ? `${data}|${text.slice(at)}` : "unfinished";
}

test("a chunked body is read the same however it is cut into pieces", () => {
  const cases: readonly (readonly [string, string])[] = [
    ["0\r\n\r\n", "|"],
    ["5\r\nhello\r\n0\r\n\r\nGET", "hello|GET"],
    ["a\r\n0123456789\r\nA\r\nabcdefghij\r\n000\r\n\r\n", "0123456789abcdefghij|"],
    ["1;a=b\r\nx\r\n0;last\r\n\r\n", "x|"],
    ["1\r\nx\r\n0\r\nX-Sum: 1\r\nX-Two: 2\r\n\r\nrest", "x|rest"],
    ["5\r\nhel", "unfinished"],
    ["0\r\n", "unfinished"],
  ];
  for (const [text, expected] of cases)
    for (let piece = 1; piece <= text.length; piece += 1)
      assert.equal(scan(text, piece), expected, `${JSON.stringify(text)} by ${piece}`);
});

test("whatever is not exactly a chunked body is a problem", () => {
  const cases = [
    "\r\n",
    "x\r\n",
    "-1\r\nx\r\n",
    "0x1\r\nx\r\n",
    "5\nhello\r\n",
    "5\r\nhelloX\n0\r\n\r\n",
    "5\r\nhello\n0\r\n\r\n",
    "5\r\nhello0\r\n\r\n",
    "5\rhello\r\n",
    "1;\nx\r\n",
    "1;a\0\r\nx\r\n",
    "1000000000000\r\n",
    "0\r\nContent-Length: 5\r\n\r\n",
    "0\r\nX: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
    "0\r\nno field\r\n\r\n",
    "0\r\n folded: x\r\n\r\n",
    `1;${"x".repeat(9000)}\r\nx\r\n0\r\n\r\n`,
    `0\r\nX: ${"x".repeat(9000)}\r\n\r\n`,
  ];
  for (const text of cases)
    for (const piece of [1, text.length]) assert.equal(scan(text, piece), "problem", JSON.stringify(text.slice(0, 40)));
});
