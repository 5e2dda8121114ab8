import assert from "node:assert/strict";
import { test } from "node:test";
import { percentile } from "../../src/quickstart/percentiles.ts";
import { Lan } from "./lan.ts";
import { Peer, type Measured } from "./peer-handle.ts";
import { whyNoHosts } from "./system.ts";

const skip = whyNoHosts() ?? false;

const sorted = ({ tookMs }: Measured): number[] => tookMs.filter((ms) => ms !== null);
const medianOf = (measured: Measured): number => percentile(sorted(measured), 50);

test(
  "delay() delays each way by what it is told, in order, at a cost of its own",
  { skip, timeout: 60_000 },
  async (t) => {
    using lan = new Lan(["a", "b"]);
    const { a, b } = { a: lan.host("a"), b: lan.host("b") };
    await Peer.serving(b);
    const client = await Peer.connected(a, b);
    const without = await Peer.measure(a, b, 200, 2);

    await b.delay(0);
    const idle = await Peer.measure(a, b, 200, 2);
    const costMs = medianOf(idle) - medianOf(without);
    const figure = (name: string, measured: Measured): string =>
      `${name}: ${[50, 99].map((p) => `p${p} ${percentile(sorted(measured), p).toFixed(2)} ms`).join(", ")}`;
    t.diagnostic(`there and back ${figure("without a relay", without)}; ${figure("with one", idle)}`);
    assert.ok(costMs < 3, `the relay alone costs ${costMs} ms there and back`);
    assert.equal(sorted(idle).length, 200);

    await b.delay(10);
    const late = await Peer.measure(a, b, 100, 5);
    t.diagnostic(figure("10 ms each way", late));
    assert.ok(Math.abs(medianOf(late) - medianOf(idle) - 20) < 3, `${medianOf(late)} ms`);

    await b.delay(20, 10);
    const unsteady = await Peer.measure(a, b, 200, 10);
    t.diagnostic(figure("20 ms give or take 10 each way", unsteady));
    const times = sorted(unsteady);
    assert.equal(times.length, 200);
    assert.ok(Math.min(...times) >= 20, `at least ${Math.min(...times)} ms`);
    assert.ok(percentile(times, 90) - percentile(times, 10) > 8, "it varies");
    assert.ok(percentile(times, 50) > 36 && percentile(times, 50) < 55, `p50 ${percentile(times, 50)} ms`);
    assert.deepEqual(
      unsteady.order,
      unsteady.order.toSorted((x, y) => x - y),
      "none overtakes another",
    );

    lan.network.cut({ from: "a", to: "b" });
    assert.equal(await client.ask("x", "data", 300), null, "a cut holds with a relay in between");
    lan.network.mend();
    await client.says("data", 5000);

    b.undelay();
    const after = await Peer.measure(a, b, 100, 2);
    assert.ok(medianOf(after) < medianOf(without) + 1, `${medianOf(after)} ms`);
    assert.ok(await client.ask("y", "data", 3000), "the connection has outlived all of that");
    await assert.rejects(b.delay(5, 10), /the jitter is 0 to the delay/);
  },
);

test(
  "a delayed host loses power without a farewell and comes back without its delay",
  { skip, timeout: 30_000 },
  async () => {
    using lan = new Lan(["a", "b"]);
    const { a, b } = { a: lan.host("a"), b: lan.host("b") };
    await Peer.serving(b);
    await b.delay(5);
    const client = await Peer.connected(a, b);
    b.powerOff();
    assert.equal(await client.ask("x", "heard", 500), null);
    b.powerOn();
    await Peer.serving(b);
    assert.ok(medianOf(await Peer.measure(a, b, 50, 2)) < 5);
  },
);
