import { readFileSync } from "node:fs";
import { createServer as createGrpcServer } from "node:http2";
import { createServer as createTlsServer } from "node:https";
import { createServer as createRedis, type Server } from "node:net";
import { createServer as createWebServer } from "node:http";
import { invariant } from "../../src/lib/failure.ts";

/**
 * A server for the checks of the bench; it ends with whoever started it, and tells when it listens. Arguments: what it
 * is, its ports, and for TLS the files of its certificate and key.
 */
const [what, ports, cert = "", key = ""] = process.argv.slice(2);
invariant(what !== undefined && ports !== undefined, "a kind and ports are needed");

const SERVING = Buffer.from([0, 0, 0, 0, 2, 0x08, 1]);

const servers: Readonly<Record<string, () => Pick<Server, "listen">>> = {
  web: () => createWebServer((_, response) => response.end("I am fine\n")),
  tls: () =>
    createTlsServer({ cert: readFileSync(cert), key: readFileSync(key) }, (_, response) => response.end("I am fine\n")),
  grpc() {
    const server = createGrpcServer();
    server.on("stream", (stream) => {
      stream.respond({ ":status": 200, "content-type": "application/grpc" }, { waitForTrailers: true });
      stream.on("wantTrailers", () => stream.sendTrailers({ "grpc-status": "0" }));
      stream.on("error", () => undefined);
      stream.end(SERVING);
    });
    return server;
  },
  redis: () =>
    createRedis((socket) => {
      socket.on("error", () => undefined);
      socket.on("data", () => socket.write("+PONG\r\n"));
    }),
};

process.on("disconnect", () => process.exit(0));
for (const port of ports.split(",")) {
  const server = servers[what]?.();
  await new Promise<void>((resolve) =>
    server?.listen({ host: "127.0.0.1", port: Number(port), backlog: 4096 }, resolve),
  );
}
process.send?.("listening");
