import assert from "node:assert/strict";
import { once } from "node:events";
import { type AddressInfo, createServer } from "node:net";
import { test } from "node:test";
import { Raw, startWebProxy, until } from "./world.ts";

/** Frame by frame: Node's own client ends a body properly before it resets the stream. */
function frame(type: number, flags: number, stream: number, payload: readonly number[]): Buffer {
  const head = Buffer.alloc(9);
  head.writeUIntBE(payload.length, 0, 3);
  head.writeUInt8(type, 3);
  head.writeUInt8(flags, 4);
  head.writeUInt32BE(stream, 5);
  return Buffer.concat([head, Buffer.from(payload)]);
}

const PREFACE = Buffer.concat([Buffer.from("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"), frame(4, 0, 0, [])]);
/** `POST /` by http of the authority `x`, and the end of the head. */
const HEAD = frame(1, 4, 1, [0x83, 0x84, 0x86, 0x41, 1, 0x78]);
const HALF = frame(0, 0, 1, [...Buffer.from("half of it")]);

const endings: readonly [string, (raw: Raw) => unknown][] = [
  ["a reset without an error", ({ socket }) => socket.write(frame(3, 0, 1, [0, 0, 0, 0]))],
  ["a reset", ({ socket }) => socket.write(frame(3, 0, 1, [0, 0, 0, 8]))],
  ["the end of its connection", ({ socket }) => socket.end()],
  ["the loss of its connection", ({ socket }) => socket.resetAndDestroy()],
];

for (const [what, end] of endings)
  test(`half a body that ends with ${what} is never a whole one to a server`, { timeout: 20_000 }, async (t) => {
    let heard = "";
    let hasEnded = false;
    const server = createServer((socket) => {
      let own = "";
      socket.on("error", () => undefined);
      socket.on("data", (bytes) => {
        own += bytes.toString("latin1");
        if (own.includes("understudy check")) return socket.end("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
        heard = own;
      });
      socket.on("close", () => own.includes("POST") && (hasEnded = true));
    });
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    t.after(() => server.close());
    const { port } = await startWebProxy(t, [(server.address() as AddressInfo).port], { stallMs: 500 });
    const raw = new Raw(port);
    t.after(() => raw.socket.destroy());
    raw.socket.write(Buffer.concat([PREFACE, HEAD, HALF]));
    await until(() => heard.includes("half of it"));
    end(raw);
    await until(() => hasEnded);
    assert.doesNotMatch(heard, /\r\n0\r\n\r\n$/);
  });
