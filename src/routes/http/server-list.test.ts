import assert from "node:assert/strict";
import { test } from "node:test";
import { UserError } from "../../lib/failure.ts";
import { findServers, readListen, readServers } from "./server-list.ts";

test("readServers() takes servers in every form that people write", () => {
  const cases: readonly (readonly [string, string, number])[] = [
    ["127.0.0.1:9001", "127.0.0.1:9001", 1],
    ["9001", "127.0.0.1:9001", 1],
    [":9001", "127.0.0.1:9001", 1],
    ["http://web1.example:80/", "web1.example:80", 1],
    ["[::1]:9001=3", "[::1]:9001", 3],
  ];
  for (const [text, name, weight] of cases) {
    const [server] = readServers([text], 0, "--to");
    assert.deepEqual([server?.name, server?.weight], [name, weight], text);
  }
  assert.deepEqual(
    readServers(["9001, 9002=2", "9003"], 0, "--to").map(({ port }) => port),
    [9001, 9002, 9003],
  );
});

test("what is no server, or none for us, is explained", () => {
  for (const text of ["web1", "a:b", "a:0", "a:65536", "a:80=0", "a b:80", "https://a:443", "http://a:80/path"])
    assert.throws(() => readServers([text], 0, "--to"), UserError, text);
  for (const text of ["x", "1:2:3", "9001=2", "a:99999"]) assert.throws(() => readListen(text), UserError, text);
});

test("readListen() takes a port alone for all addresses", () => {
  assert.deepEqual(readListen(":8080"), { host: "", port: 8080 });
  assert.deepEqual(readListen("8080"), { host: "", port: 8080 });
  assert.deepEqual(readListen("[::1]:8080"), { host: "::1", port: 8080 });
});

test("findServers() looks names up, and takes none twice", async () => {
  const [found] = await findServers(readServers(["localhost:9001"], 1, "--standby"));
  assert.deepEqual([found?.name, found?.address.port, found?.tier], ["localhost:9001", 9001, 1]);
  await assert.rejects(findServers(readServers(["a.invalid:1"], 0, "--to")), /Cannot find the host "a.invalid"/);
  await assert.rejects(async () => findServers(readServers(["9001,9001"], 0, "--to")), /twice/);
});
