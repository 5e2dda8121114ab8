import assert from "node:assert/strict";
import { test } from "node:test";
import { X509Certificate } from "node:crypto";
import { once } from "node:events";
import { connect } from "node:net";
import { connect as connectSecurely } from "node:tls";
import { Client } from "pg";
import { ALONE } from "../../src/core/commit-rule.ts";
import type { Fork } from "../../src/core/position.ts";
import { newAuthority, newCertificate, type KeyPair } from "../../src/credentials/certificate.ts";
import type { Credentials } from "../../src/credentials/credentials.ts";
import { REPLICATION_ROLE } from "../../src/services/postgres/secrets.ts";
import { Trio } from "./trio.ts";

const CLUSTER = { name: "authority", cluster: "test" };

async function credentialsOf(authority: KeyPair): Promise<Credentials> {
  const { certificate: cert, key } = await newCertificate({ name: "a", cluster: "test" }, authority, 2);
  return { ca: authority.certificate, cert, key };
}

/** What a client with the replication role's password hears from "a"; `null`: it is let in. */
async function refusal(trio: Trio, ssl: false | Partial<Credentials>): Promise<string | null> {
  const { address } = trio.members["a"] ?? assert.fail();
  const identity = { user: REPLICATION_ROLE, password: trio.replicationPassword, database: "postgres" };
  const client = new Client({
    ...address,
    ...identity,
    ssl: ssl === false ? false : { ...ssl, rejectUnauthorized: false },
  });
  client.on("error", () => undefined);
  try {
    await client.connect();
    return null;
  } catch (error) {
    return (error as Error).message;
  } finally {
    await client.end().catch(() => undefined);
  }
}

/** How the streams that "a" sends are protected. */
async function streams(trio: Trio): Promise<readonly string[]> {
  const client = await trio.administrator("a");
  const { rows } = await client.query<{ version: string }>(
    "SELECT version FROM pg_stat_ssl JOIN pg_stat_replication USING (pid) WHERE ssl",
  );
  await client.end();
  return rows.map(({ version }) => version);
}

/** The number of the certificate that the server "a" shows to whoever asks for encryption. */
async function serialShownBy(trio: Trio): Promise<string> {
  const { address } = trio.members["a"] ?? assert.fail();
  const socket = connect(address);
  await once(socket, "connect");
  socket.write(Buffer.from([0, 0, 0, 8, 0x04, 0xd2, 0x16, 0x2f]));
  await once(socket, "data");
  const secure = connectSecurely({ socket, rejectUnauthorized: false });
  await once(secure, "secureConnect");
  const { serialNumber } = secure.getPeerCertificate();
  secure.destroy();
  return serialNumber;
}

test("members with credentials talk to each other encrypted, and to nobody else", { timeout: 120_000 }, async (t) => {
  const [authority, stranger] = await Promise.all([newAuthority(CLUSTER, 2), newAuthority(CLUSTER, 2)]);
  const [ours, renewed, foreign] = await Promise.all([authority, authority, stranger].map(credentialsOf));
  assert.ok(ours && renewed && foreign);
  await using trio = await Trio.make(["a", "b"]);
  let forks: readonly Fork[] = [];
  const follow = async (): Promise<void> => {
    await trio.do("b", { do: "follow", from: "a", term: 1, forks });
    await trio.see("b", ({ receiving }) => receiving?.streaming === true);
  };

  await t.test("a group without credentials is not encrypted", async () => {
    await trio.do("a", { do: "create" });
    await trio.do("a", { do: "start" });
    trio.dataId = (await trio.see("a", ({ position }) => position !== null)).dataId;
    forks = await trio.promote("a", 1, ALONE);
    await trio.do("b", { do: "clone", from: "a", term: 1, forks });
    await trio.do("b", { do: "start" });
    await follow();
    assert.deepEqual(await streams(trio), []);
    assert.equal(await refusal(trio, false), null);
  });

  await t.test("it becomes so while its servers run", async () => {
    trio.tls = ours;
    await trio.member("a", true);
    await trio.member("b", true);
    await follow();
    assert.match((await streams(trio)).join(), /^TLSv1\.[23]$/);
  });

  await t.test("the password is not enough, nor is another authority's certificate", async () => {
    assert.match(String(await refusal(trio, false)), /pg_hba\.conf/);
    assert.match(String(await refusal(trio, {})), /valid client certificate/);
    const { cert, key } = foreign;
    assert.match(String(await refusal(trio, { cert, key })), /alert|ECONNRESET/i);
    assert.equal(await refusal(trio, { cert: ours.cert, key: ours.key }), null);
  });

  await t.test("a clone and a restart with credentials", async () => {
    await trio.do("b", { do: "stop", how: "clean", because: "test" });
    await trio.do("b", { do: "clone", from: "a", term: 1, forks });
    await trio.do("b", { do: "start" });
    await follow();
    assert.equal((await streams(trio)).length, 1);
  });

  await t.test("renewed ones are taken without an interruption", async () => {
    trio.tls = renewed;
    const before = await trio.postmaster("a");
    await trio.member("a", true);
    await trio.member("b", true);
    assert.equal(await trio.postmaster("a"), before);
    assert.equal((await trio.look("b")).receiving?.streaming, true);
    assert.equal(await serialShownBy(trio), new X509Certificate(renewed.cert).serialNumber);
  });

  await t.test("a member goes to nobody whose certificate is another authority's", async () => {
    trio.tls = { ...foreign };
    await trio.member("b", true);
    await trio.do("b", { do: "stop", how: "clean", because: "test" });
    await assert.rejects(trio.do("b", { do: "clone", from: "a", term: 1, forks }), /SSL error/);
  });
});
