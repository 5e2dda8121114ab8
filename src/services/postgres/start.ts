import { spawn, type ChildProcess } from "node:child_process";
import { open, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { readIfThere, writeDurably } from "../../host/durable-file.ts";
import { processesIn, sendSignal } from "../../host/processes.ts";
import { usualPriority } from "../../host/priority.ts";
import { Failure, messageOf, UnknownOutcome } from "../../lib/failure.ts";
import { identityOptions } from "../../host/account.ts";
import { neutralise } from "./auto-conf.ts";
import { codeOf } from "./connection.ts";
import { writeCertificates } from "./encryption.ts";
import { writeHba } from "./hba.ts";
import type { Instance, Place } from "./instance.ts";
import { prepareMemberDirectory, serverLog } from "./member-directory.ts";
import { postmasterPid } from "./postmaster.ts";
import { removeReplicationPassfile } from "./secrets.ts";
import { serverOptions } from "./settings.ts";
import { endOfStart } from "./start-problem.ts";

/** Between questions whether it answers: the first pause, and the longest, for a recovery that takes long. */
const ASK_MS = 3;
const LONGEST_ASK_MS = 100;

/** A server that recovers answers at once that it does; one that says nothing for so long hangs. */
const ANSWER_MS = 5000;

/** What a server answers that is on its way, or does not listen yet. */
const NOT_YET = ["57P03", "ECONNREFUSED", "ENOENT", "ECONNRESET", "EPIPE"];

/**
 * Starts the server, always as a standby that receives from nobody and whose commits would wait for
 * somebody who does not exist: whatever the files said before. Nothing but a term makes it more. The
 * server has a session of its own and outlives this process. Done when it answers; a recovery may take
 * as long as it takes. Rejects with a {@link Failure} that quotes what the server said, or when `signal`
 * gives it up: then the server may live.
 */
export async function startServer(instance: Instance, signal: AbortSignal): Promise<void> {
  const { place } = instance;
  const there = await processesIn(place.data);
  if (there.length > 0)
    throw new Failure(`Cannot start PostgreSQL in "${place.data}": the processes ${there.join(", ")} still live in it`);
  await prepare(instance);
  const before = await logLength(place);
  if (signal.aborted) throw new Failure(`PostgreSQL in "${place.data}" was not started: it was told to stop`);
  const server = await launch(place);
  let ended = false;
  // The end of the one before may become known only now: it is told of that one alone.
  const life = { hasEnded: false, isEndNews: false };
  instance.server = life;
  server.on("exit", () => {
    ended = true;
    Object.assign(life, { hasEnded: true, isEndNews: true });
    instance.ring();
  });
  server.on("error", () => (ended = true));
  for (let pauseMs = ASK_MS; ; pauseMs = Math.min(LONGEST_ASK_MS, pauseMs * 1.5)) {
    if (signal.aborted) throw new Failure(`PostgreSQL in "${place.data}" was told to stop before it answered`);
    if (await answers(instance)) return;
    if (ended) throw new Failure(endOfStart(place, await logSince(place, before)));
    await new Promise<void>((resolve) => instance.clock.after(pauseMs, resolve));
  }
}

async function prepare({ place, identity }: Instance): Promise<void> {
  const { data, account, memberDirectory } = place;
  const owner = { uid: account.uid, gid: account.gid };
  await prepareMemberDirectory(place);
  await writeCertificates(place);
  await writeHba(place);
  await writeDurably(join(data, "standby.signal"), "", owner);
  await rm(join(data, "recovery.signal"), { force: true });
  await neutralise(data, account);
  await removeReplicationPassfile(memberDirectory);
  identity.forget();
  // A promotion that was broken off is over: its term's fork stays known, and whatever lies behind that is of its term.
  await identity.change({ promoting: null });
  await removeStaleLock(data);
}

/** A lock file names a process that is somebody else by now: the server would take it for another server here. */
async function removeStaleLock(data: string): Promise<void> {
  const pid = await postmasterPid(data);
  if (pid !== null && sendSignal(pid, 0)) await rm(join(data, "postmaster.pid"), { force: true });
}

async function launch(place: Place): Promise<ChildProcess> {
  const log = await open(serverLog(place.memberDirectory), "a", 0o640).catch((error: unknown) => {
    throw new Failure(`Cannot write the server's log: ${messageOf(error)}`);
  });
  try {
    const server = spawn(join(place.programs.directory, "postgres"), ["-D", place.data, ...serverOptions(place)], {
      ...identityOptions(place.account),
      cwd: place.data,
      env: { PATH: "/usr/local/bin:/usr/bin:/bin", HOME: "/nonexistent", LC_ALL: "C" },
      stdio: ["ignore", log.fd, log.fd],
      detached: true,
    });
    usualPriority(server.pid);
    server.unref();
    return server;
  } finally {
    await log.close();
  }
}

async function answers({ acting, place }: Instance): Promise<boolean> {
  try {
    await acting.openWithin(ANSWER_MS);
    return true;
  } catch (error) {
    if (error instanceof UnknownOutcome) throw error;
    if (NOT_YET.includes(codeOf(error)) || codeOf(error) === "") return false;
    throw new Failure(`PostgreSQL runs in "${place.data}" and does not let its administrator in: ${messageOf(error)}`);
  }
}

async function logLength(place: Place): Promise<number> {
  return stat(serverLog(place.memberDirectory)).then(
    ({ size }) => size,
    () => 0,
  );
}

async function logSince(place: Place, offset: number): Promise<string> {
  const text = (await readIfThere(serverLog(place.memberDirectory))) ?? "";
  return Buffer.from(text).subarray(offset).toString();
}
