import { systemClock } from "../../src/agent/system-clock.ts";
import { openGuard } from "../../src/guards/open-guard.ts";

/*
 * An agent that does nothing but renew: `node pretended-agent.ts DIRECTORY DATA LEASE_MS [PORT]`. With a port
 * its guard is the kernel's, and everybody may come in.
 */
const [directory = "", data = "", lease = "1000", port] = process.argv.slice(2);
const { guard } = await openGuard({
  directory,
  clock: systemClock,
  wish: port === undefined ? "process" : "kernel",
  subjects: [{ group: "db", address: { host: "127.0.0.1", port: Number(port) }, members: [] }],
  log: () => undefined,
});
guard.admit("db", "everybody");
for (;;) {
  await guard.arm("db", systemClock.nowMs() + Number(lease), { directory: data });
  process.stdout.write("renewed\n");
  await new Promise((resolve) => setTimeout(resolve, Number(lease) / 4));
}
