import { createSocket } from "node:dgram";
import { createConnection, createServer } from "node:net";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";

/* What tests run on a host. It says what it hears, a line of JSON each, and ends with its input. */

/** Between ten datagrams: what a busy machine leaves lying must fit in the buffers, or it is lost there. */
const PAUSE_MS = 5;
/** An echo waits no longer than that for its answer. */
const ECHO_MS = 1000;

const say = (what: Readonly<Record<string, unknown>>): unknown => process.stdout.write(`${JSON.stringify(what)}\n`);
const nowMs = (): number => Number(process.hrtime.bigint()) / 1e6;

/** Sends back what comes in, by TCP and by UDP; a connection that begins with `sink` is only told how many bytes came until its end. */
function serve(port: number): void {
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    say({ accepted: socket.remoteAddress });
    let bytes = 0;
    socket.setNoDelay(true);
    socket.on("data", (data) => {
      const isSink = bytes > 0 || data.subarray(0, 4).toString() === "sink";
      if (isSink) bytes += data.length;
      else socket.write(data);
    });
    socket.on("end", () => {
      say({ heard: "end" });
      socket.end(String(bytes));
    });
    socket.on("error", ({ message }) => say({ heard: message }));
  });
  const datagrams = createSocket("udp4");
  datagrams.on("message", (data, from) => datagrams.send(data, from.port, from.address));
  server.listen(port, () => datagrams.bind(port, () => say({ ready: true })));
}

/** A connection that sends each line of its input, and says everything that happens to it. */
function connect(host: string, port: number): void {
  const socket = createConnection({ host, port, noDelay: true });
  socket.on("connect", () => say({ connected: true }));
  socket.on("data", (data) => say({ data: data.toString() }));
  for (const what of ["end", "close"]) socket.on(what, () => say({ heard: what }));
  socket.on("error", (error: NodeJS.ErrnoException) => say({ heard: error.code }));
  createInterface({ input: process.stdin }).on("line", (line) => socket.write(line));
}

/** Sends `count` datagrams and says how long each took there and back; `null`: it never came. */
async function measure(host: string, port: number, count: number, periodMs: number): Promise<void> {
  const sentAtMs: number[] = [];
  const tookMs: (number | null)[] = Array.from({ length: count }, () => null);
  const order: number[] = [];
  const socket = createSocket("udp4");
  socket.on("message", (data) => {
    const index = Number(data.toString());
    order.push(index);
    tookMs[index] = nowMs() - (sentAtMs[index] ?? 0);
  });
  for (let index = 0; index < count; index += 1) {
    sentAtMs.push(nowMs());
    socket.send(String(index), port, host);
    if (periodMs > 0) await sleep(periodMs);
    else if (index % 10 === 0) await sleep(PAUSE_MS);
  }
  const endAt = nowMs() + ECHO_MS;
  while (order.length < count && nowMs() < endAt) await sleep(20);
  say({ tookMs, order });
  process.exit(0);
}

/** Sends so many bytes and says how long it took until the other side had them all. */
function pour(host: string, port: number, bytes: number): void {
  const startedAtMs = nowMs();
  const socket = createConnection({ host, port });
  socket.end(Buffer.concat([Buffer.from("sink"), Buffer.alloc(bytes - 4)]));
  socket.on("data", (data) => {
    say({ bytes: Number(data.toString()), tookMs: nowMs() - startedAtMs });
    process.exit(0);
  });
}

/** Says what time it is, at every line of its input. */
function tellTime(): void {
  createInterface({ input: process.stdin }).on("line", () => say({ wallMs: Date.now(), monotonicMs: nowMs() }));
  say({ ready: true });
}

const [what, host = "", port, ...numbers] = process.argv.slice(2);
process.stdin.on("end", () => process.exit(0)).resume();
if (what === "serve") serve(Number(host));
if (what === "connect") connect(host, Number(port));
if (what === "measure") await measure(host, Number(port), Number(numbers[0]), Number(numbers[1]));
if (what === "pour") pour(host, Number(port), Number(numbers[0]));
if (what === "time") tellTime();
