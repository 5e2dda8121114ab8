import assert from "node:assert/strict";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { LoadHandle } from "../../bench/client/load-handle.ts";
import { HostCluster } from "../../bench/hosts/cluster.ts";
import { OurDeployment } from "../../bench/hosts/our-deployment.ts";
import { CLIENT, MEMBERS } from "../../bench/hosts/place.ts";
import type { ClusterStatus } from "../../src/api/agent-port.ts";
import { Lan } from "./lan.ts";
import { whyNoHosts } from "./system.ts";

const skip = whyNoHosts() ?? false;
const START_MS = 120_000;
const NOTICED_MS = 30_000;
/** Shorter ones carry heartbeats, questions and a standby's reports. */
const LARGEST_BYTES = 1000;

test(
  "a path that loses long packets is named, costs no write that was acknowledged, and heals",
  { skip, timeout: 300_000 },
  async (t) => {
    const lan = new Lan([...MEMBERS, CLIENT]);
    const cluster = new HostCluster(lan, new OurDeployment(lan, "strict", "2s"));
    t.after(() => {
      cluster.close();
      lan.end();
    });
    await cluster.start(START_MS);
    const load = await LoadHandle.start({ target: await cluster.target(), workers: 16, perSecond: 400 }, (program) =>
      cluster.runClient(program, "load"),
    );
    t.after(() => load.end());
    await load.beginBatch(1);
    await sleep(1000);
    const { primary } = await cluster.record();
    const standbys = cluster.members.filter((member) => member !== primary);
    const problem = async (): Promise<string> => {
      const { stdout } = await cluster.command("status", "--json");
      const [group] = (JSON.parse(stdout) as ClusterStatus).groups;
      return group?.members.map(({ report }) => report?.problem ?? "").join(" ") ?? "";
    };
    for (const member of standbys) lan.host(member).narrow(LARGEST_BYTES);
    let told = "";
    for (const endAtMs = performance.now() + NOTICED_MS; !/long packets/.test(told); told = await problem()) {
      assert.ok(performance.now() < endAtMs, `nobody has said what is wrong: ${told}`);
      await sleep(300);
    }
    t.diagnostic(told);
    for (const member of standbys) lan.host(member).narrow(null);
    await cluster.untilAllBack(NOTICED_MS);
    await sleep(1000);
    const verdict = await load.verify(null);
    assert.ok(verdict.acknowledged > 0 && verdict.balanced);
    assert.deepEqual([verdict.lost, verdict.duplicated, verdict.lostIds], [0, 0, []]);
  },
);
