import { createServer } from "node:http";
import { Pool } from "undici";
import { invariant } from "../../../src/lib/failure.ts";

/**
 * The plainest fast proxy that can be written with Node's server and undici: no checks, no second server, headers as they
 * are. Arguments: the host and port to listen at, those of the server.
 */
const [host, port, toHost, toPort] = process.argv.slice(2);
invariant(toHost !== undefined && toPort !== undefined, "two hosts and ports are needed");

const CONNECTIONS = 128;
const pool = new Pool(`http://${toHost}:${toPort}`, { connections: CONNECTIONS });

createServer((request, response) => {
  const { url = "/", method = "GET", headers } = request;
  const hasBody = method !== "GET" && method !== "HEAD";
  const asked = { path: url, method: method as "GET", headers, body: hasBody ? request : null };
  pool
    .stream(asked, ({ statusCode, headers: answered }) => {
      response.writeHead(statusCode, answered);
      return response;
    })
    .catch(() => response.writeHead(502).end());
}).listen({ host: host ?? "", port: Number(port), backlog: 1024 });
