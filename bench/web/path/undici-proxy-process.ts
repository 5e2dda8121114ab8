import { createServer, type ServerResponse } from "node:http";
import { pipeline } from "node:stream/promises";
import { Pool, type Dispatcher } from "undici";
import { invariant } from "../../../src/lib/failure.ts";

/**
 * A proxy as it is plainly written with Node's server and undici: no checks, no second server, headers as they are.
 * Arguments: the host and port to listen at, those of the server; `stream` for undici's faster way, which few use.
 */
const [host, port, toHost, toPort, how] = process.argv.slice(2);
invariant(toHost !== undefined && toPort !== undefined, "two hosts and ports are needed");

const CONNECTIONS = 128;
const pool = new Pool(`http://${toHost}:${toPort}`, { connections: CONNECTIONS });

createServer((request, response) => {
  const { url = "/", method = "GET", headers } = request;
  const hasBody = method !== "GET" && method !== "HEAD";
  const asked = { path: url, method: method as "GET", headers, body: hasBody ? request : null };
  const done = how === "stream" ? byStream(asked, response) : byRequest(asked, response);
  done.catch(() => response.destroy());
}).listen({ host: host ?? "", port: Number(port), backlog: 1024 });

async function byRequest(asked: Dispatcher.RequestOptions, response: ServerResponse): Promise<void> {
  const { statusCode, headers, body } = await pool.request(asked);
  response.writeHead(statusCode, headers);
  await pipeline(body, response);
}

async function byStream(asked: Dispatcher.RequestOptions, response: ServerResponse): Promise<void> {
  await pool.stream(asked, ({ statusCode, headers }) => response.writeHead(statusCode, headers));
}
