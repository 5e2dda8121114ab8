import { systemClock } from "../../src/agent/system-clock.ts";
import { missingForKernelGuard } from "../../src/guards/kernel/availability.ts";
import { openHaproxyRoute } from "../../src/routes/haproxy/haproxy-route.ts";
import { openKernelRoute } from "../../src/routes/kernel/kernel-route.ts";
import { freePort, startProxy } from "../proxy/world.ts";
import { noHaproxy, RunningHaproxy } from "../routes/running-haproxy.ts";
import { enterOwnNetwork } from "../support/own-network.ts";
import { routeConformance } from "./route.ts";

const noKernel = enterOwnNetwork() || (await missingForKernelGuard()) || false;

routeConformance("proxy", {
  holds: true,
  servedWithinMs: 1000,
  async open(t, members) {
    const { proxy, readWrite } = await startProxy(t, members, { holdMs: 10_000 }, false);
    return { route: proxy, at: readWrite };
  },
});

routeConformance("kernel", {
  skip: noKernel,
  holds: true,
  // A client's TCP tries again after a second.
  servedWithinMs: 2500,
  async open(t, addresses) {
    const listen = { host: "127.0.0.1", port: await freePort() };
    const route = await openKernelRoute({
      cluster: "test",
      group: "db",
      config: { kind: "kernel", name: "main", listen, readOnly: null, holdMs: 10_000 },
      addresses,
      leaseMs: 2000,
      clock: systemClock,
      log: (text) => t.diagnostic(text),
    });
    t.after(() => route.close(0));
    return { route, at: listen };
  },
});

for (const hold of ["hold", null])
  routeConformance(hold === null ? "haproxy" : "haproxy, with a server that holds", {
    skip: noHaproxy,
    holds: hold !== null,
    servedWithinMs: 1000,
    async open(t, addresses) {
      const haproxy = await RunningHaproxy.forMembers(addresses, hold);
      await haproxy.start();
      const route = await openHaproxyRoute({
        group: "db",
        config: { kind: "haproxy", name: "main", socket: haproxy.socket, backend: "db", hold },
        addresses,
        clock: systemClock,
        log: (line) => t.diagnostic(line),
      });
      t.after(async () => {
        await route.close(0);
        await haproxy.end();
      });
      return { route, at: haproxy.at };
    },
  });
