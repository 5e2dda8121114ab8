import { systemClock } from "../../../src/agent/system-clock.ts";
import { invariant } from "../../../src/lib/failure.ts";
import { openKernelRoute } from "../../../src/routes/kernel/kernel-route.ts";
import { openProxy } from "../../../src/routes/proxy/proxy.ts";
import { unknownView } from "../../../src/routes/route.ts";

/** A route of a group whose primary is the one server. Arguments: `tcp` or `kernel`, the host and port to listen at, those of the server. */
const [kind, host, port, toHost, toPort] = process.argv.slice(2);
invariant(host !== undefined && toHost !== undefined, "a kind and two addresses are needed");

const listen = { host, port: Number(port) };
const common = {
  group: "bench",
  addresses: { a: { host: toHost, port: Number(toPort) } },
  clock: systemClock,
  log: () => undefined,
};
const settings = { name: "bench", readOnly: null, holdMs: 30_000 };
const route =
  kind === "kernel"
    ? await openKernelRoute({
        ...common,
        cluster: "bench",
        config: { kind, listen, ...settings },
        leaseMs: 2000,
      })
    : await openProxy({
        ...common,
        speaksPostgres: false,
        config: { kind: "proxy", readWrite: listen, maxHeld: 1000, maxConnections: 4000, ...settings },
      });
route.follow({ ...unknownView("bench"), isFresh: true, term: 1, primary: "a", open: true });
process.once("SIGTERM", () => void route.close(0).then(() => process.exit(0)));
