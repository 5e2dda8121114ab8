import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer, type AddressInfo, type Server, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestContext } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { systemClock } from "../../src/agent/system-clock.ts";
import type { CheckResult } from "../../src/checks/check.ts";
import { openCheck, type CheckedMember } from "../../src/checks/open-check.ts";
import type { CheckTimesConfig, QuestionConfig } from "../../src/config/check-config.ts";
import type { Address } from "../../src/config/config.ts";

export const TIMES: CheckTimesConfig = {
  intervalMs: 50,
  inDoubtMs: 20,
  timeoutMs: 2000,
  rise: 1,
  fall: 1,
  slowMs: null,
  flaps: 0,
};

/** A directory of the test's own. */
export function directoryOf(t: TestContext): string {
  const directory = mkdtempSync(join(tmpdir(), "checks-"));
  t.after(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}

/** Where `server` listens from now on, until the test ends; then its connections end, too. */
export async function listen(
  t: TestContext,
  server: Pick<Server, "listen" | "address" | "close" | "on">,
): Promise<Address> {
  const sockets = new Set<Socket>();
  for (const event of ["connection", "secureConnection"])
    server.on(event, (socket: Socket) => {
      sockets.add(socket);
      socket.on("error", () => undefined);
    });
  server.listen(0, "127.0.0.1");
  await once(server as Server, "listening");
  t.after(() => {
    server.close();
    for (const socket of sockets) socket.destroy();
  });
  return { host: "127.0.0.1", port: (server.address() as AddressInfo).port };
}

/** A server that does `onConnection`, and where it is. */
export function listening(t: TestContext, onConnection: (socket: Socket) => void): Promise<Address> {
  return listen(t, createServer(onConnection));
}

export function memberAt(address: Address): CheckedMember {
  const member = { member: "a", address, from: [], priority: 50, follows: null, delayMs: 0, data: "/nonexistent" };
  return { group: "g", member, config: null, runAs: null, secrets: { application: "" }, clock: systemClock };
}

/** What one try of a check finds, as the configuration describes it. */
export async function tryOnce(
  question: QuestionConfig,
  address: Address = { host: "127.0.0.1", port: 1 },
  deadlineMs = 2000,
): Promise<CheckResult> {
  const check = openCheck(question, memberAt(address));
  try {
    return await check.run(deadlineMs);
  } finally {
    check.close();
  }
}

/** Waits until `holds`; throws when it does not within `withinMs`. */
export async function until(holds: () => boolean | Promise<boolean>, withinMs = 5000): Promise<void> {
  const endAt = performance.now() + withinMs;
  while (!(await holds())) {
    if (performance.now() > endAt) throw new Error(`it has not become so within ${withinMs} ms`);
    await sleep(10);
  }
}
