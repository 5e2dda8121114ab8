import { connect } from "node:net";
import type { RedisCheckConfig } from "../config/check-config.ts";
import type { Address } from "../config/config.ts";
import type { Clock } from "../lib/clock.ts";
import { Failure } from "../lib/failure.ts";
import { attemptCheck, type Seen } from "./attempt-check.ts";
import type { Check } from "./check.ts";
import { readPassword } from "./password-file.ts";
import { decodeReplies, encodeCommand, RedisError, type Reply } from "./resp.ts";

/** More than the longest answer: a master names all of its replicas. */
const MAX_ANSWER_BYTES = 256 * 1024;

export type RedisQuestion = Pick<RedisCheckConfig, "passwordFile" | "role">;

/** Whether `address` answers `PING`, and is what it should be. Each try is a connection of its own. */
export function redisCheck(address: Address, { passwordFile, role }: RedisQuestion, clock: Clock): Check {
  return attemptCheck(async (signal) => {
    const login = passwordFile === null ? [] : [["AUTH", await readPassword(passwordFile)]];
    const commands = [...login, ["PING"], ...(role === null ? [] : [["ROLE"]])];
    const replies = await ask(address, commands, signal);
    return judge(login.length === 0 ? replies : replies.slice(1), role);
  }, clock);
}

/** The replies to `commands`, all asked at once. Rejects with the first that says that something is wrong. */
function ask(
  address: Address,
  commands: readonly (readonly string[])[],
  signal: AbortSignal,
): Promise<readonly Reply[]> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) return reject(new Failure("the check was ended"));
    const socket = connect({ host: address.host, port: address.port });
    const fail = (error: Error): void => {
      socket.destroy();
      reject(error);
    };
    let text = "";
    signal.addEventListener("abort", () => fail(new Failure("the check was ended")), { once: true });
    socket.setEncoding("latin1");
    socket.on("error", fail);
    socket.on("close", () => reject(new Failure("it hung up without an answer")));
    socket.on("data", (part: string) => {
      text += part;
      try {
        const replies = answered(text, commands.length);
        if (replies === null) return;
        socket.destroy();
        resolve(replies);
      } catch (error) {
        fail(error as Error);
      }
    });
    socket.write(commands.map(encodeCommand).join(""));
  });
}

/** `null`: more is to come. */
function answered(text: string, count: number): readonly Reply[] | null {
  if (text.length > MAX_ANSWER_BYTES) throw new Failure("its answer is too long");
  const replies = decodeReplies(text);
  const wrong = replies.find((reply) => reply instanceof RedisError);
  if (wrong !== undefined) throw new Failure(meaningOf(wrong.text));
  return replies.length < count ? null : replies;
}

/** What the errors mean that a working Redis knows; others are quoted. */
const MEANINGS: readonly (readonly [RegExp, string])[] = [
  [/^NOAUTH/, "it wants a password: passwordFile"],
  [/^WRONGPASS|^ERR invalid password/, "the password in passwordFile is wrong"],
  [/^ERR .*AUTH.* called without any password/, "it knows no password: remove passwordFile"],
  [/^LOADING/, "it is still loading its data"],
  [/^MASTERDOWN/, "its link to its master is down"],
  [/^BUSY/, "it is busy with a script"],
  [/^DENIED/, "it is in protected mode and takes no connection from here"],
  [/^NOPERM/, "its user may not ask that"],
  [/^ERR max number of clients/, "it has as many clients as it takes"],
];

function meaningOf(text: string): string {
  const meaning = MEANINGS.find(([shape]) => shape.test(text))?.[1];
  return meaning ?? `it answers "${text.slice(0, 120)}"`;
}

function judge([pong, roles]: readonly Reply[], wanted: RedisQuestion["role"]): Seen {
  if (pong !== "PONG") throw new Failure(`it answers ${JSON.stringify(pong).slice(0, 120)} to PING`);
  if (wanted === null) return { text: "answered PONG" };
  const said = Array.isArray(roles) ? String(roles[0]) : "nothing";
  const role = said === "slave" ? "replica" : said;
  if (role !== wanted) throw new Failure(`it is a ${role}, not a ${wanted}`);
  return { text: `answered PONG, it is a ${role}` };
}
