import assert from "node:assert/strict";
import { createServer, type AddressInfo } from "node:net";
import { connect } from "node:net";
import { once } from "node:events";
import { test } from "node:test";
import { HostNames, lookupHost } from "./host-names.ts";

class World {
  nowMs = 0;
  asked = 0;
  ip: string | null = "10.0.0.1";
  readonly #names = new HostNames(
    (_host, then) => {
      this.asked++;
      if (this.ip === null) then(new Error("ENOTFOUND"), []);
      else then(null, [{ address: this.ip, family: 4 }]);
    },
    () => this.nowMs,
  );

  ipOf(host: string): string {
    let found = "";
    this.#names.addressesOf(host, (error, addresses) => (found = error?.message ?? addresses[0]?.address ?? ""));
    return found;
  }
}

test("a name is looked up once in a while", () => {
  const world = new World();
  for (let i = 0; i < 3; i++) assert.equal(world.ipOf("db1"), "10.0.0.1");
  assert.equal(world.asked, 1);
});

test("a name that cannot be resolved any more leads where it did; one that moves is followed", () => {
  const world = new World();
  world.ipOf("db1");
  world.ip = null;
  world.nowMs = 60_000;
  assert.deepEqual([world.ipOf("db1"), world.ipOf("db1"), world.asked], ["10.0.0.1", "10.0.0.1", 2]);
  world.ip = "10.0.0.2";
  world.nowMs = 120_000;
  world.ipOf("db1");
  assert.equal(world.ipOf("db1"), "10.0.0.2");
});

test("a name that nobody knows is asked for each time", () => {
  const world = new World();
  world.ip = null;
  assert.deepEqual([world.ipOf("db1"), world.ipOf("db1"), world.asked], ["ENOTFOUND", "ENOTFOUND", 2]);
});

test("lookupHost() serves connections, whichever of a name's addresses answers", async () => {
  const server = createServer((socket) => socket.end()).listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  for (let i = 0; i < 2; i++) {
    const socket = connect({ host: "localhost", port, lookup: lookupHost });
    await once(socket, "connect");
    socket.destroy();
  }
  server.close();
});
