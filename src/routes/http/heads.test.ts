import assert from "node:assert/strict";
import { test } from "node:test";
import { isRefusal, readRequestHead, type RequestHead } from "./request-head.ts";
import { readResponseHead, type ResponseHead } from "./response-head.ts";

const HOST = "Host: shop.example\r\n";

function request(text: string): RequestHead | string {
  const head = readRequestHead(text, text.indexOf("\r\n\r\n"));
  return isRefusal(head) ? `${head.status} ${head.text}` : head;
}

function taken(text: string): RequestHead {
  const head = request(text);
  assert.ok(typeof head !== "string", JSON.stringify(head));
  return head;
}

test("readRequestHead() refuses what two servers could read differently", () => {
  const refused: readonly (readonly [string, RegExp])[] = [
    [`GET / HTTP/1.1\r\n${HOST}Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n`, /^400 .*both/],
    [`GET / HTTP/1.1\r\n${HOST}Content-Length: 1\r\nContent-Length: 1\r\n\r\n`, /^400 .*twice/],
    [`GET / HTTP/1.1\r\n${HOST}Content-Length: 1, 1\r\n\r\n`, /^400 .*no number/],
    [`GET / HTTP/1.1\r\n${HOST}Content-Length: +1\r\n\r\n`, /^400 .*no number/],
    [`GET / HTTP/1.1\r\n${HOST}Content-Length: 0x1\r\n\r\n`, /^400 .*no number/],
    [`GET / HTTP/1.1\r\n${HOST}Content-Length:\r\n\r\n`, /^400 .*no number/],
    [`GET / HTTP/1.1\r\n${HOST}Transfer-Encoding: gzip, chunked\r\n\r\n`, /^400 .*not just chunked/],
    [`GET / HTTP/1.1\r\n${HOST}Transfer-Encoding: xchunked\r\n\r\n`, /^400 /],
    [`GET / HTTP/1.1\r\n${HOST}Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n`, /^400 .*twice/],
    [`GET / HTTP/1.0\r\n${HOST}Transfer-Encoding: chunked\r\n\r\n`, /^400 .*HTTP\/1.0/],
    [`GET / HTTP/1.1\r\n${HOST}Transfer-Encoding : chunked\r\n\r\n`, /^400 .*name/],
    [`GET / HTTP/1.1\r\n${HOST}X: a\r\n Content-Length: 5\r\n\r\n`, /^400 .*name/],
    [`GET / HTTP/1.1\r\n${HOST}X: a\nContent-Length: 5\r\n\r\n`, /^400 .*value/],
    [`GET / HTTP/1.1\r\n${HOST}X: a\rb\r\n\r\n`, /^400 .*value/],
    [`GET / HTTP/1.1\r\n${HOST}X: a\0b\r\n\r\n`, /^400 .*value/],
    [`GET / HTTP/1.1\r\n${HOST}: x\r\n\r\n`, /^400 .*name/],
    [`GET / HTTP/1.1\r\n${HOST}Host: other.example\r\n\r\n`, /^400 .*Host/],
    [`GET / HTTP/1.1\r\nHost: a b\r\n\r\n`, /^400 .*Host/],
    [`GET / HTTP/1.1\r\nHost: a/b\r\n\r\n`, /^400 .*Host/],
    [`GET / HTTP/1.1\r\nHost: user@a\r\n\r\n`, /^400 .*Host/],
    ["GET / HTTP/1.1\r\nX: a\r\n\r\n", /^400 .*Host is missing/],
    [`GET http://other.example/ HTTP/1.1\r\n${HOST}\r\n`, /^400 .*target/],
    [`GET / HTTP/1.1 \r\n${HOST}\r\n`, /^400 /],
    [`GET  / HTTP/1.1\r\n${HOST}\r\n`, /^400 /],
    [`GET /a b HTTP/1.1\r\n${HOST}\r\n`, /^400 /],
    [`GET /\x01 HTTP/1.1\r\n${HOST}\r\n`, /^400 /],
    [`G\xe4T / HTTP/1.1\r\n${HOST}\r\n`, /^400 /],
    [`GET other HTTP/1.1\r\n${HOST}\r\n`, /^400 .*path/],
    [`GET * HTTP/1.1\r\n${HOST}\r\n`, /^400 .*path/],
    [`GET / http/1.1\r\n${HOST}\r\n`, /^400 /],
    [`GET / HTTP/1.2\r\n${HOST}\r\n`, /^505 /],
    [`GET / HTTP/2.0\r\n${HOST}\r\n`, /^505 /],
    [`CONNECT shop.example:80 HTTP/1.1\r\n${HOST}\r\n`, /^405 /],
    [`TRACE / HTTP/1.1\r\n${HOST}\r\n`, /^405 /],
    [`GET / HTTP/1.1\r\n${HOST}Expect: wonders\r\n\r\n`, /^400 .*Expect/],
  ];
  for (const [text, expected] of refused) {
    const head = request(text);
    assert.match(typeof head === "string" ? head : "taken", expected, JSON.stringify(text));
  }
});

test("readRequestHead() passes on what is meant for the server, and nothing that is meant for the proxy", () => {
  const cases: readonly (readonly [string, string])[] = [
    ["Accept: */*\r\n", "Accept: */*\r\n"],
    ["Connection: close, X-Mine\r\nX-Mine: 1\r\nX-Other: 2\r\n", "X-Other: 2\r\n"],
    ["X-Mine: 1\r\nConnection: x-mine\r\n", ""],
    ["Connection: content-length, host, cookie\r\nCookie: a=b\r\n", "Cookie: a=b\r\n"],
    ["Keep-Alive: timeout=5\r\nProxy-Connection: keep-alive\r\nTE: trailers\r\nProxy-Authorization: x\r\n", ""],
    ["X-Forwarded-For: 1.2.3.4\r\nX_Forwarded_For: 1.2.3.4\r\nForwarded: for=1.2.3.4\r\nA: b\r\n", "A: b\r\n"],
    ["Content_Length: 5\r\nTransfer_Encoding: chunked\r\n", ""],
    ["Upgrade: h2c\r\nConnection: upgrade, http2-settings\r\nHTTP2-Settings: x\r\n", ""],
    ["Expect: 100-continue\r\n", ""],
    ["X-Request-Id: abc-1\r\n", "X-Request-Id: abc-1\r\n"],
    ["X-Request-Id: <script>\r\n", ""],
    ["X-Empty:\r\nX-Latin: \xe4\xff\r\n", "X-Empty:\r\nX-Latin: \xe4\xff\r\n"],
  ];
  for (const [fields, kept] of cases) {
    const head = taken(`GET /a?b HTTP/1.1\r\n${HOST}${fields}\r\n`);
    assert.equal(head.kept, HOST + kept, fields);
    assert.equal(head.fields.contentLength, -1);
    assert.equal(head.fields.isChunked, false);
    assert.equal(head.isUpgrade, false);
  }
});

test("readRequestHead() knows targets, versions and upgrades", () => {
  assert.equal(taken(`GET http://shop.example/x?y HTTP/1.1\r\n${HOST}\r\n`).target, "/x?y");
  assert.equal(taken(`GET http://shop.example HTTP/1.1\r\n${HOST}\r\n`).target, "/");
  assert.equal(taken(`OPTIONS * HTTP/1.1\r\n${HOST}\r\n`).target, "*");
  assert.equal(taken("GET / HTTP/1.0\r\n\r\n").keepsAlive, false);
  assert.equal(taken("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n").keepsAlive, true);
  assert.equal(taken(`GET / HTTP/1.1\r\n${HOST}Connection: Close\r\n\r\n`).keepsAlive, false);
  const upgrade = `${HOST}Connection: keep-alive, Upgrade\r\nUpgrade: WebSocket\r\n`;
  assert.equal(taken(`GET / HTTP/1.1\r\n${upgrade}\r\n`).isUpgrade, true);
  assert.equal(taken(`POST / HTTP/1.1\r\n${upgrade}\r\n`).isUpgrade, false);
  assert.equal(taken(`GET / HTTP/1.1\r\n${upgrade}Content-Length: 5\r\n\r\n`).isUpgrade, false);
});

test("readResponseHead() finds how a body ends", () => {
  const of = (text: string, method = "GET"): ResponseHead => {
    const head = readResponseHead(text, text.indexOf("\r\n\r\n"), method);
    assert.ok(typeof head !== "string", JSON.stringify(head));
    return head;
  };
  const length = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n";
  assert.equal(of(length).framing, "length");
  assert.equal(of(length, "HEAD").framing, "none");
  assert.equal(of("HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n").framing, "none");
  assert.equal(of("HTTP/1.1 204 No Content\r\n\r\n").framing, "none");
  assert.equal(of("HTTP/1.1 200 OK\r\n\r\n").framing, "close");
  assert.equal(of("HTTP/1.1 200\r\nContent-Length: 0\r\n\r\n").framing, "none");
  const both = of("HTTP/1.1 200 OK\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\nA: b\r\n\r\n");
  assert.deepEqual([both.framing, both.keepsAlive], ["chunked", false]);
  assert.equal(both.kept, "Transfer-Encoding: chunked\r\nA: b\r\n");
  assert.equal(both.keptUnchunked(), "A: b\r\n");
  const old = of("HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nKeep-Alive: timeout=7\r\n\r\n");
  assert.deepEqual([old.line, old.keepsAlive, old.fields.keepAliveMs], ["HTTP/1.1 200 OK\r\n", true, 7000]);
  for (const wrong of ["HTTP/1.1 20 OK\r\n\r\n", "ICY 200 OK\r\n\r\n", "HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n"])
    assert.equal(typeof readResponseHead(wrong, wrong.indexOf("\r\n\r\n"), "GET"), "string", wrong);
});
