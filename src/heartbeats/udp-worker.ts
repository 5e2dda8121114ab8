import { randomBytes } from "node:crypto";
import { parentPort, workerData } from "node:worker_threads";
import { systemClock } from "../agent/system-clock.ts";
import { invariant } from "../lib/failure.ts";
import { Exchange } from "./exchange.ts";
import { decode, encode } from "./packet.ts";
import type { Beginning, Order, Report } from "./udp-message.ts";
import { UdpSocket } from "./udp-socket.ts";

/** How often it tells what no bell told: for the status. */
const TELL_MS = 1000;

const port = parentPort;
invariant(port !== null, "udp-worker.ts runs as the thread of UdpHeartbeats only");
const { cluster, me, own, peers, timing, sign, key } = workerData as Beginning;
const context = { cluster, key: Buffer.from(key) };
const signs = new BigInt64Array(sign);

const socket = new UdpSocket(own, (bytes) => {
  const read = decode(bytes, context);
  if (typeof read === "string") return exchange.drop(read);
  exchange.receive(read);
  // No bell, but what is done without one goes by the end of the newest promise.
  if (read.asks.length + read.promises.length > 0) tell(false);
});

const exchange = new Exchange({
  me,
  peers: Object.keys(peers),
  clock: systemClock,
  timing,
  newLife: () => randomBytes(16).toString("hex"),
  send: (heartbeat) => {
    const to = peers[heartbeat.to];
    if (to !== undefined) socket.send(encode(heartbeat, context), to);
  },
  stuckMs: () => Math.max(0, systemClock.nowMs() - Number(Atomics.load(signs, 0)) / 1000),
});

exchange.onChange(() => tell(true));
const timer = setInterval(() => tell(false), TELL_MS);

port.on("message", (order: Order) => {
  if ("say" in order) exchange.say(order.say);
  else if ("ask" in order) exchange.ask(order.ask, order.term);
  else if ("promise" in order) exchange.promise(order.promise);
  else {
    clearInterval(timer);
    void exchange.close();
    socket.close();
    port.close();
  }
});

function tell(hasChanged: boolean): void {
  const { heard, dropped } = exchange;
  port?.postMessage({ heard, dropped, problem: socket.problem, hasChanged } satisfies Report);
}
