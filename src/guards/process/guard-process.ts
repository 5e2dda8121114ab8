import { rmSync, writeFileSync } from "node:fs";
import { createServer, type Socket } from "node:net";
import { dirname, join } from "node:path";
import { systemClock } from "../../agent/system-clock.ts";
import type { Belonging } from "../../host/belonging.ts";
import { promptPriority } from "../../host/priority.ts";
import { messageOf } from "../../lib/failure.ts";
import { GuardBook } from "../guard-book.ts";
import { BoundedLog } from "./bounded-log.ts";
import { endService } from "./end-service.ts";
import { ownSocket } from "./own-socket.ts";
import { lineReader, type GuardAnswer, type GuardRequest } from "./protocol.ts";

/*
 * The guard's program: `node guard-process.ts SOCKET`. It ends the services of an agent that no longer
 * renews, and itself once nothing depends on it and no agent has been there for a minute. Without a
 * socket it ends at once, having filled Node's compile cache.
 */

/** For how long it stays without an agent when it guards nothing. */
const ALONE_MS = 60_000;

const socketPath = process.argv[2] ?? "";
const log = new BoundedLog(join(dirname(socketPath), "guard.log"));
const agents = new Set<Socket>();
let aloneSinceMs = systemClock.nowMs();

const book = new GuardBook({
  clock: systemClock,
  async end(target, group) {
    const lateMs = Math.max(0, systemClock.nowMs() - (stateUntilMs(group) ?? systemClock.nowMs()));
    await endService(target, (text) => log.write(text));
    log.write(
      `"${group}" was not renewed: ended all processes in "${target.directory}", begun ${lateMs.toFixed(1)} ms after the end`,
    );
  },
  fired: () => agents.forEach((agent) => answer(agent, 0, null)),
});

const server = createServer((agent) => welcome(agent));

if (socketPath === "") process.exit(0);
preferToLive();
if (!(await ownSocket(server, socketPath))) process.exit(0);
server.on("error", (error) => log.write(`accepting an agent failed: ${error.message}`));
log.write(`guard ${process.pid} is ready`);
process.on("SIGTERM", () => askedToEnd("SIGTERM"));
process.on("SIGINT", () => askedToEnd("SIGINT"));
process.on("SIGHUP", () => undefined);
setInterval(leaveWhenUseless, 1000);

function welcome(agent: Socket): void {
  agents.add(agent);
  agent.setEncoding("utf8");
  agent.on(
    "data",
    lineReader((line) => void obey(agent, line)),
  );
  agent.on("error", () => undefined);
  agent.on("close", () => {
    agents.delete(agent);
    aloneSinceMs = systemClock.nowMs();
    if (book.isGuarding) log.write(`an agent has gone, ${agents.size} left; what is guarded goes on until its end`);
  });
}

async function obey(agent: Socket, line: string): Promise<void> {
  const request = parse(line);
  if (request === null) return answer(agent, 0, "not a request");
  try {
    await perform(request);
    answer(agent, request.seq, null);
  } catch (error) {
    log.write(messageOf(error));
    answer(agent, request.seq, messageOf(error));
  }
}

function parse(line: string): GuardRequest | null {
  try {
    const request = JSON.parse(line) as GuardRequest;
    if (request.do === "arm" && !(Number.isFinite(request.untilMs) && request.directory.startsWith("/"))) return null;
    return request;
  } catch {
    return null;
  }
}

async function perform(request: GuardRequest): Promise<void> {
  switch (request.do) {
    case "hello":
      return;
    case "arm":
      if (book.state(request.group).state === "idle") log.write(`guards "${request.group}" in "${request.directory}"`);
      return book.arm(request.group, request.untilMs, belongingIn(request));
    case "disarm":
      if (book.state(request.group).state !== "idle") log.write(`no longer guards "${request.group}"`);
      return book.disarm(request.group);
    case "end":
      if (!book.isGuarding) setImmediate(() => void end("its agent has closed it"));
  }
}

function belongingIn({ directory, mark, controlGroup }: Belonging): Belonging {
  return { directory, ...(mark !== undefined && { mark }), ...(controlGroup !== undefined && { controlGroup }) };
}

function answer(agent: Socket, seq: number, refused: string | null): void {
  const text: GuardAnswer = { seq, refused, states: book.states() };
  if (!agent.destroyed) agent.write(`${JSON.stringify(text)}\n`);
}

function stateUntilMs(group: string): number | null {
  const state = book.state(group);
  return state.state === "armed" ? state.untilMs : null;
}

function askedToEnd(signal: string): void {
  if (book.isGuarding) log.write(`ignores ${signal}: it guards ${Object.keys(book.states()).join(", ")}`);
  else void end(signal);
}

function leaveWhenUseless(): void {
  if (book.isGuarding || agents.size > 0) return;
  if (systemClock.nowMs() - aloneSinceMs > ALONE_MS) void end("nothing is guarded and no agent has come");
}

async function end(because: string): Promise<void> {
  rmSync(socketPath, { force: true });
  log.write(`guard ${process.pid} ends: ${because}`);
  await Promise.race([log.flushed(), new Promise((resolve) => setTimeout(resolve, 200))]);
  process.exit(0);
}

/** The last to be chosen when memory runs out, and soon served when the processor is busy; as far as the system lets it. */
function preferToLive(): void {
  promptPriority();
  try {
    writeFileSync("/proc/self/oom_score_adj", "-1000");
  } catch {
    return; // An unprivileged guard works as well, it is only less preferred.
  }
}
