import assert from "node:assert/strict";
import { stat } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import type { ClusterStatus } from "../../src/api/agent-port.ts";
import { whyNoHosts } from "./system.ts";
import { JoiningCluster } from "./joining-cluster.ts";

const skip = whyNoHosts() ?? false;

type Group = ClusterStatus["groups"][number];

function isWhole(...members: readonly string[]) {
  return (group: Group): boolean =>
    group.state === "healthy" &&
    group.members.map(({ member }) => member).join() === members.join() &&
    (group.record?.commit ?? []).every(
      ({ of }) =>
        of
          .map(({ member }) => member)
          .toSorted()
          .join() === members.filter((member) => member !== group.record?.primary).join(),
    );
}

test("hosts join with a token, take over, and leave", { skip, timeout: 300_000 }, async (t) => {
  using cluster = await JoiningCluster.start(["a", "b", "c"]);
  const tokenFor = async (node: string): Promise<string> => {
    const file = join(cluster.lan.host(node).directory, "token");
    const made = await cluster.command("a", "token", "create", "--for", node, "--out", file);
    assert.equal(made.code, 0, made.stderr);
    return file;
  };
  let termBefore = 0;

  await t.test("a member that the configuration names gets it with the token", async () => {
    await cluster.found("a", "b");
    cluster.begin("a", "agent", "--node", "a");
    await cluster.until("a", () => true);
    const token = await tokenFor("b");
    assert.equal((await stat(token)).mode & 0o777, 0o600);
    cluster.begin("b", "join", token, "--node", "b");
    const group = await cluster.until("b", isWhole("a", "b"));
    termBefore = group.record?.term ?? 0;
    assert.match(cluster.said("b"), /clone/);
    await cluster.untilSaid("b", '"b" has joined');
  });

  await t.test("a host that nobody has named becomes a member, without a takeover", async () => {
    cluster.begin("c", "join", await tokenFor("c"), "--node", "c");
    const group = await cluster.until("a", isWhole("a", "b", "c"));
    assert.equal(group.record?.term, termBefore);
    await cluster.until("c", isWhole("a", "b", "c"));
    const remote = await cluster.command("b", "status", "--node", "c", "--json");
    assert.equal((JSON.parse(remote.stdout) as ClusterStatus).node, "c");
  });

  await t.test("a token is good once, and for its node", async () => {
    const used = await cluster.command("c", "join", join(cluster.lan.host("c").directory, "token"), "--node", "c");
    assert.match(used.stderr, /There is a configuration/);
    const token = await tokenFor("store");
    const wrong = await cluster.command("store", "join", token, "--node", "x", "--no-start");
    assert.deepEqual([wrong.code, /for the node "store" alone/.test(wrong.stderr)], [107, true], wrong.stderr);
    const late = join(cluster.lan.host("store").directory, "late");
    await cluster.command("a", "token", "create", "--valid", "1ms", "--out", late);
    const ended = await cluster.command("store", "join", late, "--node", "x", "--no-start");
    assert.match(ended.stderr, /was valid until/);
    const again = await cluster.command(
      "store",
      "join",
      join(cluster.lan.host("b").directory, "token"),
      "--node",
      "b",
      "--no-start",
    );
    assert.match(again.stderr, /used already/);
  });

  await t.test("whoever shows no certificate gets nowhere", async () => {
    const { address } = cluster.lan.host("a");
    const child = cluster.lan.host("store").run(
      process.execPath,
      [
        "--input-type=module",
        "-e",
        `import { request } from "node:https";
           for (const path of ["/v1/status", "/primary", "/metrics", "/v1/tokens"])
             await new Promise((r) => request({ host: "${address}", port: 7400, path, rejectUnauthorized: false }, (s) => { console.log(s.statusCode); s.resume(); s.on("end", r); }).end());`,
      ],
      { stdio: ["ignore", "pipe", "inherit"] },
    );
    let said = "";
    child.stdout?.on("data", (chunk: Buffer) => (said += chunk.toString()));
    await new Promise((resolve) => child.on("close", resolve));
    assert.deepEqual(said.trim().split("\n"), ["401", "401", "401", "401"]);
  });

  await t.test("the host of the primary loses its power; one that joined takes over", async () => {
    cluster.lan.host("a").powerOff();
    const group = await cluster.until("b", ({ record }) => (record?.term ?? 0) > termBefore && record?.open === true);
    assert.notEqual(group.record?.primary, "a");
    cluster.lan.host("a").powerOn();
    cluster.begin("a", "agent", "--node", "a");
    await cluster.until("a", isWhole("a", "b", "c"));
  });

  await t.test("a primary does not leave; a standby does, and the others go on", async () => {
    const primary = (await cluster.status("b"))?.groups[0]?.record?.primary ?? "";
    const refused = await cluster.command("b", "leave", "--node", primary);
    assert.deepEqual([refused.code, /switchover/.test(refused.stderr)], [107, true], refused.stderr);
    const leaver = ["b", "c"].find((node) => node !== primary) ?? "";
    const staying = ["a", "b", "c"].filter((node) => node !== leaver);
    const left = await cluster.command(leaver, "leave", "--node", leaver);
    assert.equal(left.code, 0, left.stderr);
    await cluster.until(staying[0] ?? "", isWhole(...staying));
    await cluster.untilSaid(leaver, "cannot run as it is configured");
    const remote = await cluster.command(leaver, "status", "--node", staying[0] ?? "");
    assert.notEqual(remote.code, 0, "its certificate opens nothing any more");
  });
});
