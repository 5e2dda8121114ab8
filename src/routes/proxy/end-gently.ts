import type { Socket } from "node:net";

/** How long the other side has to close after it has been sent everything. */
const GRACE_MS = 1000;
/** How long a slow one has to take it. */
const FLUSH_MS = 60_000;

/**
 * Closes a connection so that the other side can read all that was written, `last` included: what it still
 * sends is read and dropped, because a close with unread bytes would be a reset, which makes it lose them.
 */
export function endGently(socket: Socket, last: Buffer | null = null): void {
  socket.removeAllListeners("data");
  socket.on("data", () => undefined);
  socket.on("error", () => undefined);
  socket.resume();
  if (last === null) socket.end();
  else socket.end(last);
  let timer = setTimeout(() => socket.destroy(), FLUSH_MS);
  const flushed = (): void => {
    clearTimeout(timer);
    timer = setTimeout(() => socket.destroy(), GRACE_MS);
  };
  if (socket.writableFinished) flushed();
  else socket.once("finish", flushed);
  socket.once("close", () => clearTimeout(timer));
}
