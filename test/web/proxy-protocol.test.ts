import assert from "node:assert/strict";
import { once } from "node:events";
import { BlockList, connect as connectPlain } from "node:net";
import { test, type TestContext } from "node:test";
import { connect } from "node:tls";
import { Certificates } from "../../src/routes/http/certificates.ts";
import { makeCertificate, makeDirectory } from "./certificate.ts";
import { get, Raw, startServers, startWebProxy, until, type World } from "./world.ts";

const options = { timeout: 30_000 };
const HEADER = "PROXY TCP4 198.51.100.7 10.0.0.1 4711 80\r\n";
const REQUEST = "GET /echo HTTP/1.1\r\nHost: a.example\r\nX-Forwarded-For: 1.1.1.1\r\n\r\n";
/** What a server is told by then: not what the client claims. */
const TOLD = /"X-Forwarded-For","198\.51\.100\.7"/;

async function startBehind(t: TestContext, network: string, certificates: Certificates | null = null): Promise<World> {
  const [a] = await startServers(t, "a");
  const trusted = new BlockList();
  trusted.addAddress(network);
  const limits = { headMs: 500 };
  return startWebProxy(t, [a?.port ?? 0], limits, { trusted, proxyProtocol: true, certificates });
}

test("a load balancer's header says who asks, in one piece with the request or in many", options, async (t) => {
  const { port } = await startBehind(t, "127.0.0.1");
  const whole = new Raw(port);
  whole.send(HEADER + REQUEST);
  await whole.hears(TOLD);
  whole.send(REQUEST);
  await until(() => whole.heard.split("HTTP/1.1 200").length === 3);
  whole.socket.destroy();
  const pieces = new Raw(port);
  for (const letter of HEADER + REQUEST) {
    pieces.send(letter);
    await new Promise((resolve) => setImmediate(resolve));
  }
  await pieces.hears(TOLD);
  pieces.socket.destroy();
});

test("it comes before TLS", options, async (t) => {
  const certificates = await Certificates.load([makeCertificate(await makeDirectory(t), "a", "a.example")]);
  const { port } = await startBehind(t, "127.0.0.1", certificates);
  const plain = connectPlain(port, "127.0.0.1");
  t.after(() => plain.destroy());
  plain.write(HEADER);
  const socket = connect({ socket: plain, rejectUnauthorized: false, servername: "a.example" });
  await once(socket, "secureConnect");
  let heard = "";
  socket.on("data", (bytes: Buffer) => (heard += bytes.toString("latin1")));
  socket.write(REQUEST);
  await until(() => TOLD.test(heard));
});

test(
  "a trusted one without a header, or with half of one, is let go; others need none and have no say",
  options,
  async (t) => {
    const { port } = await startBehind(t, "127.0.0.1");
    const without = new Raw(port);
    without.send(REQUEST);
    assert.equal(await without.ends(), "");
    const half = new Raw(port);
    half.send(HEADER.slice(0, 20));
    assert.equal(await half.ends(), "");
    const open = await startBehind(t, "192.0.2.1");
    assert.equal((await get(open.port)).text, "a");
    const stranger = new Raw(open.port);
    stranger.send(HEADER + REQUEST);
    assert.match(await stranger.ends(), /^HTTP\/1\.1 400 /);
  },
);
