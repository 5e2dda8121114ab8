import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { setTimeout as sleep } from "node:timers/promises";
import { systemClock } from "../../../src/agent/system-clock.ts";
import { ProcessCalls } from "../../client/process-calls.ts";
import { hostsPlace, localPlace, type Place } from "../place.ts";
import type { SubjectKind } from "../subjects/subject.ts";
import type { ClientReplies, ClientRequest, ClientSeen } from "./client-messages.ts";
import type { WebFault } from "./faults.ts";
import { WebServers } from "./web-servers.ts";

const CLIENT = fileURLToPath(new URL("client-process.ts", import.meta.url));
const PER_SECOND = 500;
/** Before the fault: connections are made, code is compiled, and how long an answer takes is known. */
const BEFORE_MS = 2000;
/** So long it is watched. */
const AFTER_MS = 3000;

/** One fault, once, on servers, a proxy and a client of its own. */
export async function runWebFault(fault: WebFault, kind: SubjectKind, keepAlive: boolean): Promise<ClientSeen> {
  const place = fault.needsHosts ? hostsPlace() : await localPlace();
  const directory = mkdtempSync(join(tmpdir(), "understudy-web-"));
  try {
    return await inPlace(place, directory, fault, kind, keepAlive);
  } finally {
    place.end();
    rmSync(directory, { recursive: true, force: true });
  }
}

async function inPlace(
  place: Place,
  directory: string,
  fault: WebFault,
  kind: SubjectKind,
  keepAlive: boolean,
): Promise<ClientSeen> {
  await using open = new AsyncDisposableStack();
  const servers = await WebServers.start(place);
  open.defer(() => servers.end());
  const subject = await kind.start(place, directory);
  open.defer(() => endOf(subject.child));
  const child = place.run("client", process.execPath, [CLIENT], ["ignore", 2, 2, "ipc"]);
  const client = new ProcessCalls<ClientRequest, ClientReplies>(child, "client");
  open.defer(() => client.end());
  await client.ask({ do: "start", settings: { target: place.proxy, perSecond: PER_SECOND, keepAlive } });
  await sleep(BEFORE_MS);
  const fromMs = systemClock.nowMs();
  await fault.act({ place, subject, servers });
  await sleep(AFTER_MS);
  return await client.ask({ do: "stop", fromMs });
}

/** A proxy's helpers end with it only if it is asked to end. */
async function endOf(child: { kill(signal: NodeJS.Signals): boolean }): Promise<void> {
  child.kill("SIGTERM");
  await sleep(100);
  child.kill("SIGKILL");
}
