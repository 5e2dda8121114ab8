import assert from "node:assert/strict";
import { test, type TestContext } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { LoadHandle } from "../../bench/client/load-handle.ts";
import { HostCluster } from "../../bench/hosts/cluster.ts";
import { OurDeployment } from "../../bench/hosts/our-deployment.ts";
import { CLIENT, MEMBERS } from "../../bench/hosts/place.ts";
import { Lan } from "./lan.ts";
import { whyNoHosts } from "./system.ts";

const skip = whyNoHosts() ?? false;
const BACK_MS = 90_000;
/** Long enough for whoever would open without having everything. */
const TEMPTATION_MS = 6000;
const DARK_MS = 1500;
/** A standby that is gone has left the commit rule by then. */
const LEFT_MS = 20_000;

test(
  "all hosts lose power: whoever has everything opens, nobody else, as soon as enough are there",
  {
    skip,
    timeout: 500_000,
  },
  async (t) => {
    const { cluster, load } = await underLoad(t);

    await t.test("all come back, the primary last", async () => {
      const { primary, others } = await roles(cluster);
      await dark(cluster);
      for (const member of [...others, primary]) {
        cluster.powerOn(member);
        await sleep(500);
      }
      await whole(cluster, load);
    });

    await t.test("two come back: one that has everything, and one that lacks the last writes", async () => {
      const { primary, others } = await roles(cluster);
      const [complete = "", behind = ""] = others;
      await fallsBehind(cluster, load, behind);
      const { term } = await cluster.record();
      await dark(cluster);
      cluster.powerOn(behind);
      await sleep(500);
      cluster.powerOn(complete);
      assert.equal(await cluster.untilOpenAbove(term, BACK_MS), complete);
      cluster.powerOn(primary);
      await whole(cluster, load);
    });

    await t.test("the one that lacks the last writes waits, though the store is there", async () => {
      const { primary, others } = await roles(cluster);
      const [complete = "", behind = ""] = others;
      await fallsBehind(cluster, load, behind);
      const { term } = await cluster.record();
      await dark(cluster);
      cluster.powerOn(behind);
      cluster.powerOn(primary, "etcd");
      cluster.powerOn(complete, "etcd");
      await sleep(TEMPTATION_MS);
      const seen = await cluster.record();
      assert.equal(seen.term, term, `"${seen.primary}" has taken over without the last writes`);
      cluster.startAgent(primary);
      assert.notEqual(await cluster.untilOpenAbove(term, BACK_MS), behind);
      cluster.startAgent(complete);
      await whole(cluster, load);
    });
  },
);

async function underLoad(t: TestContext): Promise<{ readonly cluster: HostCluster; readonly load: LoadHandle }> {
  const lan = new Lan([...MEMBERS, CLIENT]);
  const cluster = new HostCluster(lan, new OurDeployment(lan, "strict", "1s"));
  t.after(() => {
    cluster.close();
    lan.end();
  });
  await cluster.start(BACK_MS);
  const settings = { target: await cluster.target(), workers: 2, perSecond: 50 };
  const load = await LoadHandle.start(settings, (program) => cluster.runClient(program, "load"));
  t.after(() => load.end());
  await load.beginBatch(1);
  await sleep(1000);
  return { cluster, load };
}

async function roles(cluster: HostCluster): Promise<{ readonly primary: string; readonly others: readonly string[] }> {
  const { primary } = await cluster.record();
  assert.ok(primary !== null);
  return { primary, others: cluster.members.filter((member) => member !== primary) };
}

async function dark(cluster: HostCluster): Promise<void> {
  for (const member of cluster.members) if (cluster.lan.host(member).isOn) cluster.powerOff(member);
  await sleep(DARK_MS);
}

/** Its host loses power, it leaves the commit rule, and more is written. */
async function fallsBehind(cluster: HostCluster, load: LoadHandle, member: string): Promise<void> {
  cluster.powerOff(member);
  const isWithout = await cluster.untilRecord(
    ({ commit = [] }) => commit.every(({ of }) => of.every((copy) => copy.member !== member)),
    LEFT_MS,
  );
  assert.ok(isWithout, `"${member}" is still counted on`);
  const { acknowledged } = await load.verify(null);
  await sleep(1000);
  assert.ok((await load.verify(null)).acknowledged > acknowledged, "writes go on without it");
}

/** All stream again, and all that was ever acknowledged is there. */
async function whole(cluster: HostCluster, load: LoadHandle): Promise<void> {
  await cluster.untilAllBack(BACK_MS);
  await sleep(1000);
  const verdict = await load.verify(null);
  assert.ok(verdict.acknowledged > 0 && verdict.balanced);
  assert.deepEqual([verdict.lost, verdict.duplicated, verdict.lostIds], [0, 0, []]);
}
