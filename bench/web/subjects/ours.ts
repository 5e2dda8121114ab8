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
    return { child, order: (order) => obey(control, place, order) };
  },
};

async function obey(control: string, { servers }: Place, order: Order): Promise<void> {
  if (order === "drain") return ask(control, "POST", `/drain/${text(servers.a)}`, "");
  if (order === "switchover") return ask(control, "POST", `/switchover/${text(servers.b)}`, "");
  const to = layoutAfter(order).order.map((server) => text(servers[server]));
  return ask(control, "PUT", "/servers", JSON.stringify({ to }));
}

async function untilControlled(socketPath: string): Promise<void> {
  const endAtMs = performance.now() + 10_000;
  for (;;) {
    try {
      return await ask(socketPath, "GET", "/status", "");
    } catch (error) {
      if (performance.now() > endAtMs) throw error;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
}

function ask(socketPath: string, method: string, path: string, body: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const asked = request({ socketPath, method, path }, (response) => {
      response.resume();
      if (response.statusCode === 200) resolve();
      else reject(new Failure(`The proxy answered ${response.statusCode ?? 0} to ${method} ${path}.`));
    });
    asked.once("error", reject);
    asked.end(body);
  });
}
