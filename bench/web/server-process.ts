import { createServer } from "node:http";
import { invariant } from "../../src/lib/failure.ts";

/**
 * A web server for the bench: answers at once with its name, reads what it is sent. A message: from now on everything is
 * answered with 500. It ends with whoever started it, and tells when it listens. Arguments: its name, its host, its port.
 */
const [name, host, port] = process.argv.slice(2);
invariant(name !== undefined && host !== undefined && port !== undefined, "a name, a host and a port are needed");

let status = 200;
process.on("message", () => (status = 500));
process.on("disconnect", () => process.exit(0));

createServer((request, response) => {
  request.resume();
  request.on("end", () => {
    response.writeHead(status, { "content-type": "text/plain" });
    response.end(`hello from ${name}\n`);
  });
}).listen({ host, port: Number(port), backlog: 1024 }, () => process.send?.("listening"));
