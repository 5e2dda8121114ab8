import { createServer, type IncomingMessage } from "node:http";
import { listenAtFile } from "../../host/socket-file.ts";
import { messageOf, UserError } from "../../lib/failure.ts";
import type { Served } from "../proxy/status-socket.ts";
import type { Order } from "./orders.ts";
import { findServers, readServers } from "./server-list.ts";
import type { SharedProxy } from "./shared-proxy.ts";
import type { UpstreamConfig } from "./upstream.ts";

const MAX_BYTES = 64 * 1024;

/**
 * A Unix socket, for this user only, at which an operator may ask and change things by HTTP:
 * `curl --unix-socket PATH http://proxy/status`. Whoever had it before has it no more: the port is ours.
 */
export async function serveControl(path: string, proxy: SharedProxy): Promise<Served> {
  const server = createServer((request, response) => {
    answer(request, proxy).then(
      (value) => response.end(`${JSON.stringify(value)}\n`),
      (error: unknown) => {
        response.statusCode = error instanceof UserError ? 400 : 500;
        response.end(`${JSON.stringify({ error: messageOf(error) })}\n`);
      },
    );
  });
  const remove = await listenAtFile(server, path).catch((error: unknown) => {
    throw new UserError(`Cannot open ${path} (--control): ${messageOf(error)}`);
  });
  return {
    async close() {
      server.close();
      server.closeAllConnections();
      await remove();
    },
  };
}

async function answer(request: IncomingMessage, proxy: SharedProxy): Promise<unknown> {
  const [, what = "", server = ""] = (request.url ?? "").split("/").map(decodeURIComponent);
  const asked = `${request.method ?? ""} /${what}`;
  if (asked !== "GET /status") await proxy.order(await orderOf(asked, server, request));
  return proxy.status();
}

async function orderOf(asked: string, server: string, request: IncomingMessage): Promise<Order> {
  switch (asked) {
    case "POST /drain":
      return { order: "drain", server };
    case "POST /ready":
      return { order: "ready", server };
    case "POST /switchover":
      return { order: "switchover", server };
    case "PUT /servers":
      return { order: "servers", servers: await serversOf(await bodyOf(request)) };
    default:
      throw new UserError(
        "There are: GET /status, POST /drain/SERVER, POST /ready/SERVER, POST /switchover/SERVER, PUT /servers",
      );
  }
}

/** `{ "to": ["127.0.0.1:9001"], "standby": ["127.0.0.1:9002"] }` */
async function serversOf(text: string): Promise<readonly UpstreamConfig[]> {
  const { to, standby = [] } = parsed(text);
  if (!isTexts(to) || !isTexts(standby) || to.length === 0)
    throw new UserError('Expected { "to": ["HOST:PORT", …], "standby": ["HOST:PORT", …] }');
  return findServers([...readServers(to, 0, "to"), ...readServers(standby, 1, "standby")]);
}

function parsed(text: string): { readonly to?: unknown; readonly standby?: unknown } {
  try {
    return Object(JSON.parse(text)) as object;
  } catch (error) {
    throw new UserError(`This is no JSON: ${messageOf(error)}`);
  }
}

function isTexts(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((one) => typeof one === "string");
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  let text = "";
  for await (const part of request.setEncoding("utf8")) {
    text += String(part);
    if (text.length > MAX_BYTES) throw new UserError("This is too long");
  }
  return text;
}
