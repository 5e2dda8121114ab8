import { endProcessesOf } from "../../src/host/processes.ts";
import { test } from "node:test";
import type { ProcessConfig, SystemdConfig } from "../../src/config/process-config.ts";
import { ProcessLauncher } from "../../src/services/process/process-launcher.ts";
import { openProcess } from "../../src/services/process/process-service.ts";
import { openSystemd } from "../../src/services/systemd/open-systemd.ts";
import { Trio } from "../postgres/trio.ts";
import { makePlace, PLAIN, SERVER } from "../process/world.ts";
import { whyNoSystemd } from "../systemd/user-systemd.ts";
import { makeUnit } from "../systemd/world.ts";
import { serviceConformance, type ServiceWorld } from "./service.ts";

async function ofProcess(change: Partial<ProcessConfig>): Promise<ServiceWorld> {
  const place = await makePlace(change);
  return {
    open: () => openProcess(place),
    prepare: () => Promise.resolve(),
    runsAsStandby: place.config.standby !== "cold",
    hangsWhenStopped: true,
    async [Symbol.asyncDispose]() {
      await endProcessesOf(new ProcessLauncher(place).belongingOf(null), null, 5000);
      await place[Symbol.asyncDispose]();
    },
  };
}

async function ofUnit(change: Partial<SystemdConfig>): Promise<ServiceWorld> {
  const world = await makeUnit("children", "Restart=always", change);
  return {
    open: () => openSystemd(world.place),
    prepare: () => Promise.resolve(),
    runsAsStandby: world.place.config.standby !== "cold",
    hangsWhenStopped: true,
    [Symbol.asyncDispose]: () => world[Symbol.asyncDispose](),
  };
}

async function ofPostgres(): Promise<ServiceWorld> {
  const trio = await Trio.make(["a", "b"]);
  return {
    open: () => trio.member("a", true),
    prepare: (service) => service.perform({ do: "create" }, () => undefined),
    runsAsStandby: true,
    hangsWhenStopped: true,
    [Symbol.asyncDispose]: () => trio[Symbol.asyncDispose](),
  };
}

serviceConformance("a cold process", () => ofProcess({}));
serviceConformance("a warm process, told by being started anew", () => ofProcess({ standby: "warm" }));
serviceConformance("a hot process, told by signals", () =>
  ofProcess({ standby: "hot", promote: { signal: "SIGUSR1" }, demote: { signal: "SIGUSR2" } }),
);
serviceConformance("a process that ignores that it is to end", () =>
  ofProcess({ command: [process.execPath, SERVER, "deaf children"], stop: PLAIN.stop, stopMs: 300 }),
);
serviceConformance("PostgreSQL", ofPostgres);

const noSystemd = whyNoSystemd();
if (noSystemd === null) {
  serviceConformance("a cold unit of systemd, which would start it again by itself", () => ofUnit({}));
  serviceConformance("a hot unit of systemd, told by signals", () =>
    ofUnit({ standby: "hot", promote: { signal: "SIGUSR1" }, demote: { signal: "SIGUSR2" } }),
  );
} else test("a unit of systemd is a service", { skip: noSystemd }, () => undefined);
