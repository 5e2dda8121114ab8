import assert from "node:assert/strict";
import { copyFileSync, readFileSync, writeFileSync } from "node:fs";
import { createServer as createHttpServer, type IncomingMessage, type ServerResponse } from "node:http";
import { createServer as createHttpsServer } from "node:https";
import { join } from "node:path";
import { test } from "node:test";
import { openCheck } from "../../src/checks/open-check.ts";
import type { HttpCheckConfig } from "../../src/config/check-config.ts";
import { statusRanges } from "../../src/config/resolve-checks.ts";
import { Certificates } from "../store/certificates.ts";
import { directoryOf, listen, listening, memberAt, TIMES, tryOnce } from "./world.ts";

const PLAIN: HttpCheckConfig = {
  kind: "http",
  method: "GET",
  path: "/",
  host: null,
  status: statusRanges("200-299,301"),
  header: null,
  body: null,
  tls: null,
  ...TIMES,
};

function answer({ url = "", method, headers }: IncomingMessage, response: ServerResponse): void {
  if (url === "/silent") return;
  response.writeHead(Number(/^\/(\d+)/.exec(url)?.[1] ?? 200), {
    "x-ready": "yes",
    "x-method": method,
    "x-host": headers.host,
  });
  response.end(`I am fine\n${"x".repeat(100_000)}`);
}

test("status, host, header, method and body are judged", { timeout: 20_000 }, async (t) => {
  const address = await listen(t, createHttpServer(answer));
  const cases: readonly (readonly [Partial<HttpCheckConfig>, boolean, RegExp])[] = [
    [{}, true, /^answered 200$/],
    [{ path: "/301?x" }, true, /^answered 301$/],
    [{ path: "/302" }, false, /^it answers 302$/],
    [{ method: "HEAD", header: { name: "X-Method", contains: "HEAD" } }, true, /^answered/],
    [{ host: "shop.example", header: { name: "X-Host", contains: "shop.example" } }, true, /^answered/],
    [{ header: { name: "X-Host", contains: `127.0.0.1:${address.port}` } }, true, /^answered/],
    [{ header: { name: "X-Ready", contains: "no" } }, false, /^its header X-Ready has no "no"$/],
    [{ body: "fine" }, true, /^answered 200$/],
    [{ body: "ill" }, false, /^its body has no "ill"/],
    [{ body: "ill", path: "/500" }, false, /^it answers 500$/],
  ];
  for (const [change, ok, text] of cases) {
    const result = await tryOnce({ ...PLAIN, ...change }, address);
    assert.match(result.text, text, JSON.stringify(change));
    assert.equal(result.ok, ok);
  }
  for (const body of [null, "x"]) {
    const silent = await tryOnce({ ...PLAIN, body, path: "/silent" }, address, 100);
    assert.deepEqual([silent.ok, silent.text], [false, "no answer in 100 ms"]);
  }
});

test("servers that hang up, dribble or speak otherwise have clear texts", { timeout: 20_000 }, async (t) => {
  const says = async (...parts: readonly string[]): Promise<string> => {
    const address = await listening(t, (socket) => {
      for (const part of parts) socket.write(part);
      socket.end();
    });
    return (await tryOnce(PLAIN, address, 500)).text;
  };
  assert.equal(await says(), "it hung up without an answer");
  assert.equal(await says("HTTP/1.1 200 OK\r\nA:"), "it hung up amid its answer");
  assert.equal(await says("SSH-2.0\r\n"), "it does not speak HTTP");
  assert.equal(await says("HTTP/1.1 100 Continue\r\n\r\n", "HTTP/1.1 204 No\r\n", "\r\n"), "answered 204");
  assert.equal(await says("HTTP/1.1 200 OK\r\n", "a: b\r\n".repeat(20_000)), "its answer's head is too long");
  const nowhere = await tryOnce(PLAIN, { host: "no-such-host.invalid", port: 80 }, 5000);
  assert.equal(nowhere.ok, false);
  assert.match(nowhere.text, /no-such-host\.invalid|no answer/);
});

test(
  "TLS: whose certificate is believed, for how long, and a file that comes later",
  { timeout: 30_000 },
  async (t) => {
    const directory = directoryOf(t);
    const certificates = new Certificates(directory);
    const of = (name: string) => ({
      cert: readFileSync(certificates.cert(name)),
      key: readFileSync(certificates.key(name)),
    });
    const address = await listen(t, createHttpsServer(of("server"), answer));
    const ask = (ca: string | null, minDays = 1, body: string | null = null) =>
      tryOnce({ ...PLAIN, tls: { ca, minDays }, body }, address);
    const ca = certificates.cert("ca");
    for (const body of [null, "fine"]) {
      assert.equal((await ask(ca, 1, body)).text, "answered 200");
      assert.match((await ask(ca, 30, body)).text, /^its certificate ends in \d days$/);
      assert.match((await ask(null, 1, body)).text, /certificate/);
      assert.match((await ask(certificates.cert("stranger"), 1, body)).text, /certificate/);
    }
    const expired = await listen(t, createHttpsServer(of("expired"), answer));
    assert.match((await tryOnce({ ...PLAIN, tls: { ca, minDays: 0 } }, expired)).text, /expired/);
    const plain = await listen(t, createHttpServer(answer));
    assert.equal((await tryOnce({ ...PLAIN, tls: { ca, minDays: 0 } }, plain)).ok, false);

    const late = join(directory, "late.pem");
    const check = openCheck({ ...PLAIN, tls: { ca: late, minDays: 1 } }, memberAt(address));
    assert.match((await check.run(1000)).text, /the file of tls\.ca cannot be read: ENOENT/);
    writeFileSync(late, "nothing");
    assert.match((await check.run(1000)).text, /has no certificate in it/);
    copyFileSync(ca, late);
    assert.equal((await check.run(1000)).ok, true);
    check.close();
  },
);
