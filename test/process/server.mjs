import { spawn } from "node:child_process";
import { createServer } from "node:http";

/* A program as somebody may have it: it answers what it is, and leaves its children to others. */

const { UNDERSTUDY_HOST: host, UNDERSTUDY_PORT: port, UNDERSTUDY_MEMBER: member } = process.env;
let role = process.env["UNDERSTUDY_ROLE"];
const [mode = ""] = process.argv.slice(2);

if (mode.includes("children")) {
  spawn("sleep", ["600"], { stdio: "ignore" });
  spawn("setsid", ["sleep", "600"], { stdio: "ignore", detached: true }).unref();
}
if (mode.includes("deaf")) process.on("SIGTERM", () => undefined);
process.on("SIGUSR1", () => {
  role = "primary";
  if (mode.includes("late")) listen();
});
process.on("SIGUSR2", () => (role = "standby"));

function listen() {
  createServer((_, answer) => answer.end(`${member} ${role} ${process.pid}\n`)).listen(Number(port), host);
}

if (!mode.includes("late") || role === "primary") listen();
setInterval(() => undefined, 1000);
