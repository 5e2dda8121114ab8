import { mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:net";
import { userInfo, tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { once } from "node:events";
import { systemClock } from "../../src/agent/system-clock.ts";
import type { ProcessConfig } from "../../src/config/process-config.ts";
import type { Place } from "../../src/services/process/place.ts";

export const SERVER = fileURLToPath(new URL("server.mjs", import.meta.url));

export const PLAIN: ProcessConfig = {
  kind: "process",
  command: [process.execPath, SERVER, "children"],
  standby: "cold",
  promote: null,
  demote: null,
  stop: { signal: "SIGTERM" },
  stopMs: 3000,
  startMs: 20_000,
  ready: "listens",
  position: null,
  directory: null,
  environment: {},
  runAs: null,
};

/** A place for the member "a" of a group of two, in a directory that goes with it. */
export async function makePlace(change: Partial<ProcessConfig> = {}): Promise<Place<ProcessConfig> & AsyncDisposable> {
  const memberDirectory = await mkdtemp(join(tmpdir(), "understudy-process-"));
  const address = { host: "127.0.0.1", port: await freePort() };
  const members = { a: address, b: { host: "127.0.0.1", port: await freePort() } };
  const { uid, gid, username: name } = userInfo();
  const own = {
    member: "a",
    address,
    members,
    memberDirectory,
    account: { uid, gid, name },
    clock: systemClock,
    guardedUntilMs: () => Infinity,
  };
  return {
    group: "web",
    config: { ...PLAIN, ...change },
    ...own,
    [Symbol.asyncDispose]: () => rm(memberDirectory, { recursive: true, force: true }),
  };
}

/** Below those that the system gives away by itself: another test must not be given it while nobody listens there. */
async function freePort(): Promise<number> {
  for (;;) {
    const port = 12_000 + Math.floor(Math.random() * 18_000);
    const server = createServer();
    const isFree = await new Promise<boolean>((resolve) => {
      server.once("error", () => resolve(false));
      server.listen(port, "127.0.0.1", () => resolve(true));
    });
    if (!isFree) continue;
    server.close();
    await once(server, "close");
    return port;
  }
}
