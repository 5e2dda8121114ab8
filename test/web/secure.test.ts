import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { X509Certificate } from "node:crypto";
import { once } from "node:events";
import { mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { connect as connectHttp2 } from "node:http2";
import { BlockList, connect as connectPlain } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { connect, type TLSSocket } from "node:tls";
import { AccessLog, type AccessEntry } from "../../src/routes/http/access-log.ts";
import { Certificates } from "../../src/routes/http/certificates.ts";
import { freePort } from "../proxy/world.ts";
import { start } from "../support/run-understudy.ts";
import { makeCertificate, makeDirectory } from "./certificate.ts";
import { get, Raw, startServers, startWebProxy, until, type WebServer } from "./world.ts";

const options = { timeout: 30_000 };

/** Puts another certificate for the same key in its place, valid from one moment to another. */
function renew({ cert, key }: { cert: string; key: string }, from: string, to: string): void {
  const directory = mkdtempSync(join(tmpdir(), "ca-"));
  writeFileSync(join(directory, "index"), "");
  const policy =
    "[ca]\ndefault_ca=d\n[d]\ndatabase=index\nnew_certs_dir=.\nrand_serial=yes\ndefault_md=sha256\npolicy=p\n[p]\ncommonName=supplied\n";
  writeFileSync(join(directory, "conf"), policy);
  const run = (...args: readonly string[]): unknown =>
    execFileSync("openssl", args, { cwd: directory, stdio: "ignore" });
  run("req", "-new", "-key", key, "-subj", "/CN=a.example", "-out", "request");
  const signed = ["-selfsign", "-keyfile", key, "-in", "request", "-out", cert, "-notext", "-batch"];
  run("ca", "-config", "conf", ...signed, "-startdate", from, "-enddate", to);
  rmSync(directory, { recursive: true });
}

async function connectTo(port: number, servername: string | null): Promise<TLSSocket> {
  const socket = connect({
    host: "127.0.0.1",
    port,
    rejectUnauthorized: false,
    ...(servername !== null && { servername }),
  });
  socket.on("error", () => undefined);
  await once(socket, "secureConnect");
  return socket;
}

function nameOf(socket: TLSSocket): string | undefined {
  return new X509Certificate(socket.getPeerCertificate().raw).subject;
}

async function ask(socket: TLSSocket, path = "/"): Promise<string> {
  let heard = "";
  const listen = (bytes: Buffer): void => void (heard += bytes.toString("latin1"));
  socket.on("data", listen);
  socket.write(`GET ${path} HTTP/1.1\r\nHost: a.example\r\n\r\n`);
  await until(() => /\r\n\r\n[^]*(?:a|0\r\n\r\n)$/.test(heard));
  socket.off("data", listen);
  return heard;
}

test("clients get the certificate of the name that they ask for, and requests arrive as https", options, async (t) => {
  const directory = await makeDirectory(t);
  const files = ["a", "b"].map((name) => makeCertificate(directory, name, `${name}.example`));
  const [a] = (await startServers(t, "a")) as [WebServer];
  const certificates = await Certificates.load(files);
  const { port } = await startWebProxy(t, [a.port], {}, { certificates });
  for (const [asked, shown] of [
    ["a.example", "CN=a.example"],
    ["b.example", "CN=b.example"],
    ["www.b.example", "CN=b.example"],
    ["c.example", "CN=a.example"],
    [null, "CN=a.example"],
  ] as const) {
    const socket = await connectTo(port, asked);
    assert.equal(nameOf(socket), shown, String(asked));
    assert.match(await ask(socket), /^HTTP\/1\.1 200 [^]*a$/);
    assert.match(await ask(socket, "/echo"), /"X-Forwarded-Proto","https"/);
    socket.destroy();
  }
});

test(
  "a new certificate is used for new connections, and those that stand go on; a wrong one changes nothing",
  options,
  async (t) => {
    const directory = await makeDirectory(t);
    const files = makeCertificate(directory, "a", "old.example");
    const [a] = (await startServers(t, "a")) as [WebServer];
    const certificates = await Certificates.load([files]);
    const { port, proxy } = await startWebProxy(t, [a.port], {}, { certificates });
    const standing = await connectTo(port, "old.example");
    makeCertificate(directory, "a", "new.example");
    await proxy.reload();
    assert.match(await ask(standing), /a$/);
    for (const name of ["new.example", null]) {
      const socket = await connectTo(port, name);
      assert.equal(nameOf(socket), "CN=new.example");
      socket.destroy();
    }
    renameSync(files.key, `${files.key}.away`);
    await assert.rejects(proxy.reload(), /Cannot read/);
    const socket = await connectTo(port, "new.example");
    assert.equal(nameOf(socket), "CN=new.example");
    assert.match(await ask(standing), /a$/);
    for (const one of [socket, standing]) one.destroy();
  },
);

test("a certificate that has expired, or soon will, is told of; it replaces none that is good", options, async (t) => {
  const directory = await makeDirectory(t);
  const [a] = (await startServers(t, "a")) as [WebServer];
  const files = makeCertificate(directory, "a", "a.example", 3);
  const told: string[] = [];
  const certificates = await Certificates.load([files]);
  const { proxy } = await startWebProxy(t, [a.port], {}, { certificates, log: (text) => void told.push(text) });
  assert.match(told.join("\n"), /^the certificate \S+a\.crt expires on \d{4}-\d\d-\d\d; renew it, then send SIGHUP$/);
  renew(files, "20200101000000Z", "20200102000000Z");
  await assert.rejects(proxy.reload(), /a\.crt expired on \S+: clients refuse it; the one before is not/);
  assert.match((await Certificates.load([files])).problems(Date.now()).join("\n"), /expired/);
});

test("clients that can speak HTTP/2 do, with the same certificates", options, async (t) => {
  const directory = await makeDirectory(t);
  const [a] = (await startServers(t, "a")) as [WebServer];
  const certificates = await Certificates.load([makeCertificate(directory, "a", "a.example")]);
  const { port } = await startWebProxy(t, [a.port], {}, { certificates });
  const session = connectHttp2(`https://127.0.0.1:${port}`, { rejectUnauthorized: false, servername: "a.example" });
  t.after(() => session.destroy());
  const stream = session.request({ ":path": "/echo" });
  const [headers] = (await once(stream, "response")) as [Record<string, unknown>];
  const [body] = (await once(stream, "data")) as [Buffer];
  stream.resume();
  assert.equal(headers["x-server"], "a");
  assert.match(body.toString(), /"X-Forwarded-Proto","https"/);
});

test("a client that does not speak TLS, or not to its end, is let go", options, async (t) => {
  const directory = await makeDirectory(t);
  const [a] = (await startServers(t, "a")) as [WebServer];
  const certificates = await Certificates.load([makeCertificate(directory, "a", "a.example")]);
  const { port } = await startWebProxy(t, [a.port], { headMs: 400 }, { certificates });
  const plain = new Raw(port);
  plain.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
  assert.doesNotMatch(await plain.ends(), /HTTP/);
  const silent = connectPlain(port, "127.0.0.1").on("error", () => undefined);
  silent.resume();
  await once(silent, "close");
  const old = connect({
    port,
    host: "127.0.0.1",
    rejectUnauthorized: false,
    maxVersion: "TLSv1.1",
    minVersion: "TLSv1",
  });
  await once(old, "error");
  const socket = await connectTo(port, "a.example");
  assert.match(await ask(socket), /a$/);
  socket.destroy();
});

test("a certificate without its key is refused by name", options, async (t) => {
  const directory = await makeDirectory(t);
  const [one, two] = ["one", "two"].map((name) => makeCertificate(directory, name, `${name}.example`));
  await assert.rejects(Certificates.load([{ cert: one?.cert ?? "", key: two?.key ?? "" }]), /one\.crt and .*two\.key/);
  await assert.rejects(Certificates.load([{ cert: "/nowhere", key: "/nowhere" }]), /Cannot read \/nowhere/);
});

test("a proxy in front is believed if it is trusted, and only then", options, async (t) => {
  const [a] = (await startServers(t, "a")) as [WebServer];
  const trusted = new BlockList();
  trusted.addSubnet("127.0.0.0", 8);
  const headers = { "x-forwarded-for": "192.0.2.1", "x-forwarded-proto": "https", "x-forwarded-host": "shop.example" };
  for (const list of [trusted, new BlockList()]) {
    const { port } = await startWebProxy(t, [a.port], {}, { trusted: list });
    const { text } = await get(port, { path: "/echo", headers });
    const believed =
      '"X-Forwarded-For","192.0.2.1, 127.0.0.1","X-Forwarded-Proto","https","X-Forwarded-Host","shop.example"';
    assert.equal(text.includes(believed), list === trusted);
    assert.equal(text.includes("192.0.2.1"), list === trusted);
  }
});

test("each request leaves a line, whoever answered it", options, async (t) => {
  const directory = await makeDirectory(t);
  const file = join(directory, "access.log");
  const [a] = (await startServers(t, "a")) as [WebServer];
  const accessLog = await AccessLog.open(file, () => undefined);
  const { port, proxy } = await startWebProxy(t, [a.port], { holdMs: 100 }, { accessLog });
  await get(port, { path: "/x?y", headers: { host: "shop.example", "x-request-id": "mine" } });
  const bad = new Raw(port);
  bad.send("GET / HTTP/1.1\r\n\r\n");
  await bad.ends();
  const lines = (name: string): AccessEntry[] =>
    readFileSync(name, "utf8")
      .split("\n")
      .filter((line) => line !== "")
      .map((line) => JSON.parse(line) as AccessEntry);
  await until(() => lines(file).length === 2);
  renameSync(file, `${file}.1`);
  await proxy.reload();
  await a.kill();
  assert.equal((await get(port)).status, 503);
  await until(() => lines(file).length === 1);
  await accessLog.close();
  const [first, second] = lines(`${file}.1`);
  assert.deepEqual(
    [first?.client, first?.method, first?.host, first?.target, first?.status, first?.server, first?.requestId],
    ["127.0.0.1", "GET", "shop.example", "/x?y", 200, `127.0.0.1:${a.port}`, "mine"],
  );
  assert.ok((first?.sentBytes ?? 0) > 50 && (first?.tookMs ?? 0) > 0);
  assert.deepEqual([second?.status, second?.server], [400, ""]);
  assert.deepEqual([lines(file)[0]?.status, lines(file)[0]?.server], [503, ""]);
  await assert.rejects(
    AccessLog.open(join(directory, "no", "such"), () => undefined),
    /--access-log/,
  );
});

test("the program takes certificates, and reads them anew by SIGHUP", options, async (t) => {
  const directory = await makeDirectory(t);
  const { cert, key } = makeCertificate(directory, "a", "old.example");
  const [a] = (await startServers(t, "a")) as [WebServer];
  const port = await freePort();
  const proxy = start([
    "proxy",
    "--listen",
    `127.0.0.1:${port}`,
    "--to",
    `${a.port}`,
    "--cert",
    cert,
    "--key",
    key,
    "--json",
  ]);
  t.after(() => proxy.child.kill("SIGKILL"));
  await proxy.shows(/"event":"listening"/);
  makeCertificate(directory, "a", "new.example");
  proxy.child.kill("SIGHUP");
  await proxy.shows(/SIGHUP/);
  const socket = await connectTo(port, null);
  assert.equal(nameOf(socket), "CN=new.example");
  assert.match(await ask(socket), /a$/);
  socket.destroy();
  proxy.child.kill("SIGTERM");
  assert.equal((await proxy.ended).code, 0);
});
