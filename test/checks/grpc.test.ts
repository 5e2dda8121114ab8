import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createSecureServer, createServer, type ServerHttp2Stream } from "node:http2";
import { test, type TestContext } from "node:test";
import type { GrpcCheckConfig } from "../../src/config/check-config.ts";
import type { Address } from "../../src/config/config.ts";
import { Certificates } from "../store/certificates.ts";
import { directoryOf, listen, listening, TIMES, tryOnce } from "./world.ts";

const PLAIN: GrpcCheckConfig = { kind: "grpc", service: "", tls: null, ...TIMES };

/** The answers of gRPC's own health server: SERVING, NOT_SERVING, and what it does not know. */
function answer(stream: ServerHttp2Stream, path: string): void {
  const parts: Buffer[] = [];
  stream.on("error", () => undefined);
  stream.on("data", (part: Buffer) => parts.push(part));
  stream.on("end", () => {
    const message = Buffer.concat(parts).subarray(5);
    const service = message.length === 0 ? "" : message.subarray(2, 2 + (message[1] ?? 0)).toString();
    const state = { "": 1, "shop.Orders": 1, "shop.Old": 2 }[service];
    if (service === "silent") return;
    if (path !== "/grpc.health.v1.Health/Check") return refuse(stream, 12);
    if (state === undefined) return refuse(stream, 5);
    stream.respond({ ":status": 200, "content-type": "application/grpc" }, { waitForTrailers: true });
    stream.on("wantTrailers", () => stream.sendTrailers({ "grpc-status": "0" }));
    // In two pieces, as a network may.
    stream.write(Buffer.from([0, 0, 0]));
    setImmediate(() => stream.end(Buffer.from([0, 2, 0x08, state])));
  });
}

function refuse(stream: ServerHttp2Stream, code: number): void {
  stream.respond(
    { ":status": 200, "content-type": "application/grpc", "grpc-status": String(code) },
    { endStream: true },
  );
}

function healthServer(t: TestContext): Promise<Address> {
  const server = createServer();
  server.on("stream", (stream, headers) => answer(stream, headers[":path"] ?? ""));
  return listen(t, server);
}

test("a gRPC server is asked about itself and its services", { timeout: 20_000 }, async (t) => {
  const address = await healthServer(t);
  const ask = (service: string, deadlineMs?: number) => tryOnce({ ...PLAIN, service }, address, deadlineMs);
  assert.deepEqual((await ask("")).text, "answered SERVING");
  assert.equal((await ask("shop.Orders")).ok, true);
  const old = await ask("shop.Old");
  assert.deepEqual([old.ok, old.text], [false, 'it says NOT_SERVING of "shop.Old"']);
  assert.equal((await ask("shop.None")).text, 'it knows no service "shop.None"');
  const silent = await ask("silent", 100);
  assert.deepEqual([silent.ok, silent.text], [false, "no answer in 100 ms"]);
});

test("servers that are no gRPC health server have clear texts", { timeout: 20_000 }, async (t) => {
  const without = createServer();
  without.on("stream", (stream) => refuse(stream, 12));
  assert.match((await tryOnce(PLAIN, await listen(t, without))).text, /no health service/);
  const web = createServer((_, response) => response.writeHead(404).end());
  assert.equal((await tryOnce(PLAIN, await listen(t, web))).text, "it answers 404, so it speaks no gRPC");
  const other = await tryOnce(PLAIN, await listening(t, (socket) => socket.end("HTTP/1.1 400 Bad Request\r\n\r\n")));
  assert.equal(other.ok, false);
  assert.notEqual(other.text, "");
  const gone = await tryOnce(PLAIN, { host: "127.0.0.1", port: 1 });
  assert.match(gone.text, /ECONNREFUSED/);
});

test("gRPC by TLS believes its authority alone", { timeout: 30_000 }, async (t) => {
  const certificates = new Certificates(directoryOf(t));
  const server = createSecureServer({
    cert: readFileSync(certificates.cert("server")),
    key: readFileSync(certificates.key("server")),
  });
  server.on("stream", (stream, headers) => answer(stream, headers[":path"] ?? ""));
  server.on("sessionError", () => undefined);
  const address = await listen(t, server);
  const ask = (ca: string | null, minDays = 1) => tryOnce({ ...PLAIN, tls: { ca, minDays } }, address);
  assert.equal((await ask(certificates.cert("ca"))).text, "answered SERVING");
  assert.match((await ask(certificates.cert("ca"), 30)).text, /its certificate ends in \d+ days/);
  assert.equal((await ask(certificates.cert("stranger"))).ok, false);
  assert.equal((await ask(null)).ok, false);
});
