import { createServer } from "node:http";

// A server for web.yaml: it says who it is, and ends what is under way when it is asked to end.

const [host, port] = process.argv.slice(2);
const { UNDERSTUDY_MEMBER: member, UNDERSTUDY_TERM: term } = process.env;

const server = createServer((_, answer) => answer.end(`${member}, term ${term}, process ${process.pid}\n`));
server.listen(Number(port), host, () => console.log(`listens at ${host}:${port}`));
process.on("SIGTERM", () => {
  server.close(() => process.exit(0));
  server.closeIdleConnections();
});
