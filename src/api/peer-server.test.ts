import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer, type AddressInfo } from "node:net";
import { connect } from "node:tls";
import { test } from "node:test";
import { newAuthority, newCertificate, type KeyPair } from "../credentials/certificate.ts";
import type { Credentials } from "../credentials/credentials.ts";
import { Failure } from "../lib/failure.ts";
import type { AgentPort } from "./agent-port.ts";
import { servePeers } from "./peer-server.ts";

const AGENT: AgentPort = {
  node: "a",
  status: () => ({ groups: [] }) as never,
  request: async () => ({ outcome: "refused", text: "no" }),
  events: async () => [],
  onChange: () => () => undefined,
};

async function credentialsOf(name: string, authority: KeyPair): Promise<Credentials> {
  const { certificate: cert, key } = await newCertificate({ name, cluster: "shop" }, authority, 2);
  return { ca: authority.certificate, cert, key };
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  return port;
}

/** The status line that `text` is answered with; `""`: none. */
async function answerTo(port: number, text: string, own: Partial<Credentials>): Promise<string> {
  const { cert, key } = own;
  const socket = connect({ host: "127.0.0.1", port, rejectUnauthorized: false, ...(cert && key ? { cert, key } : {}) });
  socket.on("error", () => undefined);
  socket.write(text);
  const [first] = (await Promise.race([once(socket, "data"), once(socket, "close").then(() => [])])) as [Buffer?];
  socket.destroy();
  return first?.toString().split("\r\n")[0] ?? "";
}

test("servePeers() answers nodes, lets strangers ask to join, and stands whatever they send", async (t) => {
  const authority = await newAuthority({ name: "authority", cluster: "shop" }, 2);
  const stranger = await newAuthority({ name: "authority", cluster: "shop" }, 2);
  const [a, b, left, foreign] = await Promise.all([
    credentialsOf("a", authority),
    credentialsOf("b", authority),
    credentialsOf("c", authority),
    credentialsOf("b", stranger),
  ]);
  const port = await freePort();
  const membership = async (): Promise<never> => {
    throw new Failure("nobody joins");
  };
  const place = { address: { host: "127.0.0.1", port }, credentials: a, isNode: (name: string) => name !== "c" };
  const stop = await servePeers({ port: AGENT, membership }, place);
  t.after(stop);
  const get = (path: string): string => `GET ${path} HTTP/1.1\r\nhost: a\r\n\r\n`;

  assert.match(await answerTo(port, get("/v1/status"), b), / 200 /);
  for (const own of [{}, left, foreign]) assert.match(await answerTo(port, get("/v1/status"), own), / 401 /);
  const join = `POST /v1/join HTTP/1.1\r\nhost: a\r\ncontent-length: 2\r\n\r\n{}`;
  assert.match(await answerTo(port, join, {}), / 503 /);
  for (const own of [{}, b])
    for (const path of ["//", "http://", "http://[", "\\", "/%"])
      assert.match(await answerTo(port, get(path), own), / [45]\d\d |^$/);
  assert.match(await answerTo(port, get("/v1/status"), b), / 200 /, "it still stands");
});
