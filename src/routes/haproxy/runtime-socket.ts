import { connect } from "node:net";
import { Failure } from "../../lib/failure.ts";

/** HAProxy answers within milliseconds; one that has been stopped does not. */
const ANSWER_MS = 2000;

/** What HAProxy answers to `commands`, given one after the other. Rejects with a {@link Failure} that says what to do. */
export function askHaproxy(path: string, commands: readonly string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(path);
    let answer = "";
    socket.setEncoding("utf8").setTimeout(ANSWER_MS, () => {
      reject(new Failure(`HAProxy has not answered at ${path} within ${ANSWER_MS} ms`));
      socket.destroy();
    });
    socket.on("data", (text: string) => (answer += text));
    socket.on("error", (error: NodeJS.ErrnoException) => reject(new Failure(reasonOf(path, error))));
    socket.on("end", () => {
      if (/^permission denied/im.test(answer))
        reject(new Failure(`HAProxy takes no such commands at ${path}: give its "stats socket" the "level admin"`));
      else resolve(answer);
    });
    socket.write(`${commands.join("; ")}\n`);
  });
}

function reasonOf(path: string, { code, message }: NodeJS.ErrnoException): string {
  if (code === "ENOENT") return `there is no socket ${path}: HAProxy does not run, or has no "stats socket" there`;
  if (code === "ECONNREFUSED") return `nobody answers at ${path}: HAProxy does not run`;
  if (code === "EACCES")
    return `this process may not use ${path}: run it as a user that may, or give HAProxy's "stats socket" another "user", "group" or "mode"`;
  return `HAProxy cannot be asked at ${path}: ${message}`;
}
