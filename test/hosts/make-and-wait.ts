import { Lan } from "./lan.ts";

/* Makes hosts with something on them, says where, and does nothing more: for the test of what becomes of them. */
const lan = new Lan(["a", "b"], { diskSize: "4m" });
await lan.host("a").delay(1);
for (const host of Object.values(lan.hosts)) host.run("sleep", ["600"]);
lan.host("b").freeze();
process.stdout.write(`${JSON.stringify({ ...lan.run, pids: [...lan.host("a").pids, ...lan.host("b").pids] })}\n`);
setInterval(() => undefined, 60_000);
