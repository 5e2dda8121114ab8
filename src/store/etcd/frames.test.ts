import assert from "node:assert/strict";
import { test } from "node:test";
import { framed, Frames } from "./frames.ts";

test("Frames finds the messages however the bytes come", () => {
  const sent = ["", "a", "x".repeat(300), "", "end"];
  const bytes = Buffer.concat(sent.map((text) => framed(Buffer.from(text))));
  for (const size of [1, 2, 4, 5, 7, 100, bytes.length]) {
    const frames = new Frames();
    const got: string[] = [];
    for (let at = 0; at < bytes.length; at += size)
      got.push(...frames.push(bytes.subarray(at, at + size)).map((message) => message.toString()));
    assert.deepEqual(got, sent, `in pieces of ${size}`);
  }
});
