import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { Lan } from "./lan.ts";
import { Peer } from "./peer-handle.ts";
import { whyNoHosts } from "./system.ts";

const skip = whyNoHosts() ?? false;
/** What is cut off is not heard of for so long; what is not, is heard within some milliseconds. */
const SILENCE_MS = 700;

test("a host loses power: no farewell, nothing goes on, its directory stays", { skip, timeout: 60_000 }, async () => {
  using lan = new Lan(["a", "b"]);
  const { a, b } = { a: lan.host("a"), b: lan.host("b") };
  await Peer.serving(a);
  const asServer = await Peer.serving(b);
  const client = await Peer.connected(b, a);
  await Peer.connected(a, b);
  assert.ok(await client.ask("hello", "data", 2000));
  writeFileSync(join(a.directory, "kept"), "kept");
  await asServer.says("accepted");
  const heardBefore = asServer.lines.length;

  a.powerOff();
  assert.equal(a.isOn, false);
  assert.deepEqual(a.pids, []);
  assert.throws(() => a.run("true", []), /the host is off/);
  assert.equal(await client.ask("are you there?", "heard", SILENCE_MS), null, "the client hears nothing at all");
  assert.equal(await client.ask("still?", "data", 100), null);
  assert.deepEqual(asServer.lines.slice(heardBefore), [], "the server hears nothing of its client");

  a.powerOn();
  assert.equal(readFileSync(join(a.directory, "kept"), "utf8"), "kept");
  assert.ok(existsSync(`/run/netns/${lan.run.name}-a`));
  await Peer.serving(a);
  const again = await Peer.connected(b, a);
  assert.ok(await again.ask("hello", "data", 2000));
  await client.says("heard", 20_000);
});

test("a process that ends on a host that is on says farewell: what power off is compared with", { skip }, async () => {
  using lan = new Lan(["a", "b"]);
  const server = await Peer.serving(lan.host("a"));
  const client = await Peer.connected(lan.host("b"), lan.host("a"));
  server.child.kill("SIGKILL");
  await client.says("heard", SILENCE_MS);
});

test("a frozen host is silent and goes on where it was", { skip, timeout: 30_000 }, async () => {
  using lan = new Lan(["a", "b"]);
  const { a, b } = { a: lan.host("a"), b: lan.host("b") };
  await Peer.serving(a);
  const client = await Peer.connected(b, a);
  const clock = new Peer(a, "time");
  await clock.says("ready");
  a.freeze();
  assert.equal(await client.ask("one", "data", SILENCE_MS), null);
  assert.equal(await clock.ask("", "wallMs", 100), null, "its own processes stand still, too");
  await assert.rejects(new Peer(b, "connect", a.address, 7000).says("connected", SILENCE_MS));
  a.thaw();
  await client.says("data", 5000);
  assert.deepEqual(client.lines.at(-1), { data: "one" });
  assert.ok(await clock.ask("", "wallMs", 2000));

  a.freeze({ kernelAnswers: true });
  await new Peer(b, "connect", a.address, 7000).says("connected", 2000);
  assert.equal(await client.ask("two", "data", SILENCE_MS), null);
  a.thaw();
  await client.says("data", 2000);

  a.freeze();
  a.powerOff();
  await sleep(10);
  a.powerOn();
  await Peer.serving(a);
});
