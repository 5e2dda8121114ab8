import assert from "node:assert/strict";
import { X509Certificate } from "node:crypto";
import { mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { MemoryData, MemoryStore } from "../store/memory.ts";
import { authorityOf } from "./authority.ts";
import { newCertificate } from "./certificate.ts";
import { filesOf } from "./files.ts";
import { nodeCredentials } from "./node-certificate.ts";

const A = { name: "a", cluster: "shop" };

async function inDirectory(work: (directory: string) => Promise<void>): Promise<void> {
  const directory = await mkdtemp(join(tmpdir(), "understudy-credentials-"));
  try {
    await work(directory);
  } finally {
    await rm(directory, { recursive: true });
  }
}

test("all nodes find the same authority, whoever makes it", async () => {
  const store = new MemoryStore(new MemoryData("store"));
  const [one, two] = await Promise.all([authorityOf(store, "shop"), authorityOf(store, "shop")]);
  assert.equal(one.certificate, two.certificate);
  assert.equal(one.heartbeatKey, two.heartbeatKey);
  assert.ok(new X509Certificate(one.certificate).ca);
});

test("a node's credentials are made once, signed by the authority and for their owner alone", async () => {
  const authority = await authorityOf(new MemoryStore(new MemoryData("store")), "shop");
  await inDirectory(async (directory) => {
    const made = await nodeCredentials(directory, A, authority);
    const cert = new X509Certificate(made.cert);
    assert.ok(cert.checkIssued(new X509Certificate(authority.certificate)));
    assert.equal(cert.subject, "CN=a\nO=shop");
    assert.deepEqual(await nodeCredentials(directory, A, authority), made);
    const modes = await Promise.all(filesOf(directory, "a").map(async (file) => (await stat(file)).mode & 0o777));
    assert.deepEqual(modes, [0o600, 0o600, 0o600]);
  });
});

test("credentials that will not do are made anew", async () => {
  const [authority, other] = await Promise.all([
    authorityOf(new MemoryStore(new MemoryData("store")), "shop"),
    authorityOf(new MemoryStore(new MemoryData("store")), "shop"),
  ]);
  await inDirectory(async (directory) => {
    const [, certFile] = filesOf(directory, "a");
    const unusable = {
      "of another authority": (await newCertificate(A, other, 90)).certificate,
      "that end soon": (await newCertificate(A, authority, 20)).certificate,
      "of another node": (await newCertificate({ ...A, name: "b" }, authority, 90)).certificate,
      "that are none": "no certificate",
    };
    for (const [what, certificate] of Object.entries(unusable)) {
      await nodeCredentials(directory, A, authority);
      await writeFile(certFile, certificate);
      const { cert } = await nodeCredentials(directory, A, authority);
      assert.notEqual(cert, certificate, what);
      assert.equal(await readFile(certFile, "utf8"), cert);
    }
  });
});
