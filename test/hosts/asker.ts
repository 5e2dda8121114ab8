import { get } from "node:http";

/* Asks an HTTP server on a host again and again, on a new connection each time; says who answered and when, a line of JSON each, until its input ends. */

const [url = ""] = process.argv.slice(2);
const PAUSE_MS = 5;
const PATIENCE_MS = 1000;
let isOver = false;

function ask(): void {
  const again = (): void => {
    if (!isOver) setTimeout(ask, PAUSE_MS);
  };
  const request = get(url, { agent: false, timeout: PATIENCE_MS }, (response) => {
    let text = "";
    response.on("data", (part: Buffer) => (text += part.toString()));
    response.on("end", () => {
      process.stdout.write(`${JSON.stringify({ atMs: Date.now(), text: text.trim() })}\n`);
      again();
    });
    response.on("error", again);
  });
  request.on("timeout", () => request.destroy());
  request.on("error", again);
}

process.stdin.on("end", () => (isOver = true)).resume();
process.stdout.on("error", () => (isOver = true));
ask();
