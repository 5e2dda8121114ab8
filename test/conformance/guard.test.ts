import { systemClock } from "../../src/agent/system-clock.ts";
import { MemoryGuardHost } from "../../src/guards/memory.ts";
import { openProcessGuard } from "../../src/guards/process/process-guard.ts";
import { sendSignal } from "../../src/host/processes.ts";
import { makeDirectory, removeDirectory, startSleepers } from "../guards/sleeping-service.ts";
import { guardConformance } from "./guard.ts";

guardConformance("memory", async () => {
  const running = new Set<string>();
  const host = new MemoryGuardHost(systemClock, async ({ directory }) => void running.delete(directory));
  return {
    clock: systemClock,
    open: async () => host.open(),
    async startService() {
      const directory = `/pretended/${running.size}`;
      running.add(directory);
      return { target: { directory }, isRunning: () => running.has(directory) };
    },
    dispose: async () => undefined,
  };
});

guardConformance("process", async () => {
  const directory = await makeDirectory();
  const started: { directory: string; pids: readonly number[] }[] = [];
  return {
    clock: systemClock,
    open: () => openProcessGuard({ directory, clock: systemClock }),
    async startService() {
      const service = await startSleepers();
      started.push(service);
      return { target: { directory: service.directory }, isRunning: () => service.isRunning() };
    },
    async dispose() {
      await removeDirectory(directory);
      for (const service of started) {
        for (const pid of service.pids) sendSignal(pid, "SIGKILL");
        await removeDirectory(service.directory);
      }
    },
  };
});
