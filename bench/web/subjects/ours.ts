import type { ChildProcess } from "node:child_process";
import { request } from "node:http";
import { Failure } from "../../../src/lib/failure.ts";
import type { Place } from "../place.ts";
import { controlPath, layoutAfter, ourArguments, text, type Order, type SubjectKind } from "./subject.ts";

/** As it comes: a line on the command line. */
export const ours: SubjectKind = {
  title: "Understudy",
  async start(place, directory) {
    const { proxy, servers } = place;
    const control = controlPath(directory);
    const where = ["--listen", text(proxy), "--to", text(servers.a), "--standby", text(servers.b)];
    const args = ourArguments(["proxy", ...where, "--control", control]);
    const child = place.run("client", process.execPath, args, ["ignore", "ignore", "ignore"]);
    await untilControlled(control);
    return {
      child,
      order: (order) => (order === "upgrade" ? upgrade(child, control) : obey(control, place, order)),
    };
  },
};

async function obey(control: string, { servers }: Place, order: Order): Promise<void> {
  const to = layoutAfter(order).order.map((server) => text(servers[server]));
  if (order === "drain") await ask(control, "POST", `/drain/${text(servers.a)}`, "");
  else if (order === "switchover") await ask(control, "POST", `/switchover/${text(servers.b)}`, "");
  else await ask(control, "PUT", "/servers", JSON.stringify({ to }));
}

/** Another process of the same program takes over. */
async function upgrade(child: ChildProcess, control: string): Promise<void> {
  const before = await pidAt(control);
  child.kill("SIGUSR2");
  for (const endAtMs = performance.now() + 10_000; (await pidAt(control)) === before;) {
    if (performance.now() > endAtMs) throw new Failure("No other process has taken over.");
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

async function pidAt(control: string): Promise<number> {
  return (JSON.parse(await ask(control, "GET", "/status", "")) as { pid: number }).pid;
}

async function untilControlled(socketPath: string): Promise<void> {
  const endAtMs = performance.now() + 10_000;
  for (;;) {
    try {
      await ask(socketPath, "GET", "/status", "");
      return;
    } catch (error) {
      if (performance.now() > endAtMs) throw error;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
}

function ask(socketPath: string, method: string, path: string, body: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const asked = request({ socketPath, method, path }, (response) => {
      let answered = "";
      response.setEncoding("utf8").on("data", (part: string) => (answered += part));
      if (response.statusCode === 200) response.once("end", () => resolve(answered));
      else reject(new Failure(`The proxy answered ${response.statusCode ?? 0} to ${method} ${path}.`));
    });
    asked.once("error", reject);
    asked.end(body);
  });
}
