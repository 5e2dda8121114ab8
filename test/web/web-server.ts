import { createServer } from "node:http";

/**
 * A web server for tests, a process of its own. Arguments: its name and port. `/` says who it is; `/echo` says what it was
 * asked, then sends the body back; `/events` sends events; `/slow` answers late; `/count` says how many requests came.
 * A message: from now on all is answered with 500. It ends with whoever started it, and tells when it listens.
 */
const [name = "", port = ""] = process.argv.slice(2);
const SLOW_MS = 700;
const EVENT_MS = 150;

let status = 200;
let count = 0;
process.on("message", () => (status = 500));
process.on("disconnect", () => process.exit(0));

const server = createServer((request, response) => {
  count += 1;
  response.statusCode = status;
  response.setHeader("x-server", name);
  if (request.url === "/echo") {
    response.write(`${JSON.stringify([request.method, request.url, ...request.rawHeaders])}\n`);
    request.pipe(response);
  } else if (request.url === "/events") {
    response.setHeader("content-type", "text/event-stream");
    response.flushHeaders();
    let sent = 0;
    const timer = setInterval(() => {
      response.write(`data: ${(sent += 1)}\n\n`);
      if (sent < 3) return;
      clearInterval(timer);
      response.end();
    }, EVENT_MS);
  } else if (request.url === "/slow") {
    request.resume();
    setTimeout(() => response.end(name), SLOW_MS);
  } else if (request.url === "/count") response.end(String(count));
  else {
    request.resume();
    request.on("end", () => response.end(name));
  }
});
server.on("upgrade", (_request, socket) => {
  socket.on("error", () => undefined);
  socket.write(
    "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nX-Key: yes\r\n\r\nhello",
  );
  socket.on("data", (data) => socket.write(data));
  socket.on("end", () => socket.end("bye"));
});
server.listen({ host: "127.0.0.1", port: Number(port), backlog: 1024 }, () => process.send?.("listening"));
