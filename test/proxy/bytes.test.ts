import assert from "node:assert/strict";
import { once } from "node:events";
import { connect } from "node:net";
import { test } from "node:test";
import { Client, startProxy, startToy, steady, until } from "./world.ts";

const options = { timeout: 10_000 };

test("bytes pass unchanged both ways, and each side can close its half first", options, async (t) => {
  const toy = await startToy(t, (socket) => {
    const chunks: Buffer[] = [];
    socket.on("data", (chunk) => chunks.push(chunk));
    socket.on("end", () => socket.end(Buffer.concat(chunks)));
  });
  const { proxy, readWrite } = await startProxy(t, { a: toy.address }, {}, false);
  proxy.follow(steady);
  const client = new Client(readWrite);
  const sent = Buffer.alloc(5_000_000, "0123456789abc");
  client.socket.end(sent);
  await until(() => client.hasEnded);
  assert.ok(client.heard.equals(sent));
  await until(() => proxy.status.readWrite.connections === 0);
});

test("a server that closes its half first still hears its client", options, async (t) => {
  let heard = "";
  const toy = await startToy(t, (socket) => {
    socket.end("bye");
    socket.on("data", (chunk) => (heard += chunk.toString()));
  });
  const { proxy, readWrite } = await startProxy(t, { a: toy.address }, {}, false);
  proxy.follow(steady);
  const socket = connect({ ...readWrite, allowHalfOpen: true });
  socket.resume();
  await once(socket, "end");
  socket.end("still here");
  await until(() => heard === "still here");
  await until(() => proxy.status.readWrite.connections === 0);
});

test("a slow reader makes the server wait, and nothing pile up", options, async (t) => {
  let sentBytes = 0;
  const toy = await startToy(t, (socket) => {
    const chunk = Buffer.alloc(65_536);
    const pour = (): void => {
      while (!socket.destroyed && socket.write(chunk)) sentBytes += chunk.length;
      sentBytes += chunk.length;
    };
    socket.on("drain", pour);
    pour();
  });
  const { proxy, readWrite } = await startProxy(t, { a: toy.address }, {}, false);
  proxy.follow(steady);
  const socket = connect(readWrite);
  await once(socket, "connect");
  socket.pause();
  let before = -1;
  await until(() => {
    const isStill = sentBytes > 0 && before === sentBytes;
    before = sentBytes;
    return isStill;
  });
  await new Promise((resolve) => setTimeout(resolve, 300));
  assert.ok(sentBytes < 20_000_000, `${sentBytes} bytes were taken from the server`);
  const stoppedAtBytes = sentBytes;
  socket.resume();
  await until(() => sentBytes > stoppedAtBytes + 1_000_000);
  socket.destroy();
});

test("what a server has sent before it closes reaches a slow reader", options, async (t) => {
  const all = Buffer.alloc(3_000_000, "x");
  const toy = await startToy(t, (socket) => socket.end(all));
  const { proxy, readWrite } = await startProxy(t, { a: toy.address }, {}, false);
  proxy.follow(steady);
  const socket = connect(readWrite);
  socket.end();
  socket.pause();
  await new Promise((resolve) => setTimeout(resolve, 300));
  let heardBytes = 0;
  socket.on("data", (chunk: Buffer) => (heardBytes += chunk.length));
  socket.resume();
  await once(socket, "end");
  assert.equal(heardBytes, all.length);
});

test("a client that vanishes takes its connection to the server with it", options, async (t) => {
  const toy = await startToy(t, (socket) => {
    socket.resume().on("end", () => socket.end());
    socket.write("hello");
  });
  const { proxy, readWrite } = await startProxy(t, { a: toy.address }, {}, false);
  proxy.follow(steady);
  const client = new Client(readWrite);
  await client.hears(/hello/);
  assert.equal(toy.sockets.size, 1);
  client.socket.resetAndDestroy();
  await until(() => toy.sockets.size === 0 && proxy.status.readWrite.connections === 0);
});
