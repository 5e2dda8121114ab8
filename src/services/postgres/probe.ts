import { connect, type NetConnectOpts } from "node:net";
import { lookupHost } from "../../host/host-names.ts";
import type { Clock } from "../../lib/clock.ts";
import type { ProbeResult } from "../service.ts";

/** Eight bytes that any PostgreSQL answers with one, before it asks who is there. */
const SSL_REQUEST = Buffer.from([0, 0, 0, 8, 0x04, 0xd2, 0x16, 0x2f]);

/** Between two attempts within one probe. */
const AGAIN_MS = 5;

type Attempt = ProbeResult | "cut";

/**
 * Asks the server at `target` for a sign of life, at most for `deadlineMs`. It needs no password and no
 * free connection, and the server does not log it. A connection that is cut without an answer is tried
 * again: a server that has just died cuts those that it had not got to yet.
 */
export async function probe(target: NetConnectOpts, deadlineMs: number, clock: Clock): Promise<ProbeResult> {
  const endAtMs = clock.nowMs() + deadlineMs;
  for (;;) {
    const answer = await attempt(target, endAtMs - clock.nowMs(), clock);
    if (answer !== "cut") return answer;
    if (endAtMs - clock.nowMs() <= AGAIN_MS) return "silent";
    await new Promise<void>((resolve) => clock.after(AGAIN_MS, resolve));
  }
}

function attempt(target: NetConnectOpts, withinMs: number, clock: Clock): Promise<Attempt> {
  return new Promise((resolve) => {
    const socket = connect({ ...target, lookup: lookupHost });
    const finish = (answer: Attempt): void => {
      cancel();
      socket.destroy();
      resolve(answer);
    };
    const cancel = clock.after(withinMs, () => finish("silent"));
    socket.on("connect", () => socket.write(SSL_REQUEST));
    socket.on("data", () => finish("answered"));
    socket.on("error", (error: NodeJS.ErrnoException) => finish(meaningOf(error)));
    socket.on("close", () => finish("cut"));
  });
}

/** A missing socket file means, as a closed port does, that nothing listens. What the network says of the way there says nothing about the server. */
function meaningOf(error: NodeJS.ErrnoException): Attempt {
  if (error.code === "ECONNREFUSED" || error.code === "ENOENT") return "refused";
  if (error.code === "ECONNRESET" || error.code === "EPIPE") return "cut";
  return "silent";
}
