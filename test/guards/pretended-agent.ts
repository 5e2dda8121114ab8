import { systemClock } from "../../src/agent/system-clock.ts";
import { openProcessGuard } from "../../src/guards/process/process-guard.ts";

/* An agent that does nothing but renew: `node pretended-agent.ts DIRECTORY DATA LEASE_MS`. */
const [directory = "", data = "", lease = "1000"] = process.argv.slice(2);
const guard = await openProcessGuard({ directory, clock: systemClock });
for (;;) {
  await guard.arm("db", systemClock.nowMs() + Number(lease), { directory: data });
  process.stdout.write("renewed\n");
  await new Promise((resolve) => setTimeout(resolve, Number(lease) / 4));
}
