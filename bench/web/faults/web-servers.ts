import type { ChildProcess } from "node:child_process";
import { fileURLToPath } from "node:url";
import { Failure } from "../../../src/lib/failure.ts";
import { SERVERS, type Place, type ServerName } from "../place.ts";
import { once } from "node:events";

const PROGRAM = fileURLToPath(new URL("../server-process.ts", import.meta.url));
const START_MS = 10_000;

/** The web servers of a run. */
export class WebServers {
  readonly #place: Place;
  readonly #children = new Map<ServerName, ChildProcess>();

  private constructor(place: Place) {
    this.#place = place;
  }

  /** Starts both of them; resolves once they listen. */
  static async start(place: Place): Promise<WebServers> {
    const servers = new WebServers(place);
    for (const name of SERVERS) servers.start(name);
    await servers.untilThere();
    return servers;
  }

  start(name: ServerName): void {
    const { host, port } = this.#place.servers[name];
    const args = [PROGRAM, name, host, String(port)];
    this.#children.set(name, this.#place.run(name, process.execPath, args, ["ignore", "ignore", 2, "ipc"]));
  }

  /** Resolves once all listen. */
  async untilThere(): Promise<void> {
    for (const child of this.#children.values()) await listening(child);
  }

  signal(name: ServerName, signal: NodeJS.Signals): void {
    this.#children.get(name)?.kill(signal);
  }

  /** From now on it answers everything with 500. */
  breakDown(name: ServerName): void {
    this.#children.get(name)?.send("break down");
  }

  end(): void {
    for (const child of this.#children.values()) child.kill("SIGKILL");
  }
}

async function listening(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null) throw new Failure("A web server of the bench has ended.");
  await once(child, "message", { signal: AbortSignal.timeout(START_MS) });
}
