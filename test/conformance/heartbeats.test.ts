import { randomBytes } from "node:crypto";
import { systemClock } from "../../src/agent/system-clock.ts";
import { timingOf } from "../../src/core/timing.ts";
import type { Heartbeats } from "../../src/heartbeats/heartbeats.ts";
import { MemoryAir } from "../../src/heartbeats/memory.ts";
import { UdpHeartbeats } from "../../src/heartbeats/udp.ts";
import { freeUdpPorts } from "../heartbeats/udp-ports.ts";
import { heartbeatsConformance } from "./heartbeats.ts";

const timing = timingOf(1000);
const NODES = ["a", "b", "c"];

heartbeatsConformance("memory", async () => {
  const air = new MemoryAir(systemClock);
  const opened: Heartbeats[] = [];
  return {
    timing,
    async open(me) {
      const heartbeats = air.open(
        me,
        NODES.filter((node) => node !== me),
        timing,
      );
      opened.push(heartbeats);
      return heartbeats;
    },
    async dispose() {
      for (const heartbeats of opened) await heartbeats.close();
    },
  };
});

heartbeatsConformance("udp", async () => {
  const ports = await freeUdpPorts(NODES.length);
  const addresses = Object.fromEntries(NODES.map((node, i) => [node, { host: "127.0.0.1", port: ports[i] ?? 0 }]));
  const key = randomBytes(32);
  const opened: Heartbeats[] = [];
  return {
    timing,
    async open(me) {
      const heartbeats = new UdpHeartbeats({ cluster: "test", me, addresses, key, timing, clock: systemClock });
      opened.push(heartbeats);
      return heartbeats;
    },
    async dispose() {
      await Promise.all(opened.map((heartbeats) => heartbeats.close()));
    },
  };
});
