import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { systemClock } from "../../src/agent/system-clock.ts";
import { missingForKernelGuard } from "../../src/guards/kernel/availability.ts";
import { openHaproxyRoute } from "../../src/routes/haproxy/haproxy-route.ts";
import { openKernelRoute } from "../../src/routes/kernel/kernel-route.ts";
import { freePort, startProxy, until } from "../proxy/world.ts";
import { enterOwnNetwork } from "../support/own-network.ts";
import { routeConformance } from "./route.ts";

const noKernel = enterOwnNetwork() || (await missingForKernelGuard()) || false;
const noHaproxy = spawnSync("haproxy", ["-v"]).status === 0 ? false : "there is no haproxy here";

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
    // HAProxy tries again after a second.
    servedWithinMs: 2500,
    async open(t, addresses) {
      const directory = await mkdtemp(join(tmpdir(), "understudy-haproxy-"));
      const listen = { host: "127.0.0.1", port: await freePort() };
      const socket = join(directory, "admin.sock");
      const servers = Object.entries(addresses).map(([name, { port }]) => `server ${name} 127.0.0.1:${port} disabled`);
      const text = [
        "global",
        `  stats socket ${socket} level admin`,
        "defaults",
        "  mode tcp",
        ...["timeout connect 1s", "timeout client 1m", "timeout server 1m", "retries 30", "option redispatch 1"],
        "frontend clients",
        `  bind 127.0.0.1:${listen.port}`,
        "  default_backend db",
        "backend db",
        ...servers.map((line) => `  ${line}`),
        ...(hold === null ? [] : [`  server ${hold} 127.0.0.1:1`]),
      ].join("\n");
      await writeFile(join(directory, "haproxy.cfg"), `${text}\n`);
      const haproxy = spawn("haproxy", ["-f", join(directory, "haproxy.cfg")], { stdio: "ignore" });
      const ended = once(haproxy, "exit");
      await until(() => existsSync(socket));
      const route = await openHaproxyRoute({
        group: "db",
        config: { kind: "haproxy", name: "main", socket, backend: "db", hold },
        addresses,
        clock: systemClock,
        log: (line) => t.diagnostic(line),
      });
      t.after(async () => {
        await route.close(0);
        haproxy.kill("SIGKILL");
        await ended;
        await rm(directory, { recursive: true });
      });
      return { route, at: listen };
    },
  });
