import type { IncomingMessage, ServerResponse } from "node:http";
import { isIP } from "node:net";
import { NAME } from "../config/names.ts";
import type { JoinRequest, LeaveRequest, MembershipPort, Result, TokenWish } from "../membership/membership-port.ts";
import { OUTCOME_CODES, paths } from "./contract.ts";
import { readJson, sendJson, sendProblem } from "./reply.ts";

type Body = Readonly<Record<string, unknown>>;

/** A year; a token that is valid for longer is a password. */
const VALID_MOST_MS = 365 * 86_400_000;

/** What is done at each path, or what is wrong with the request. */
const DOORS: Readonly<Record<string, (port: MembershipPort, body: Body) => Promise<Result<unknown>> | string>> = {
  [paths.tokens]: (port, body) => called(readWish(body), (wish) => port.createToken(wish)),
  [paths.join]: (port, body) => called(readJoin(body), (request) => port.join(request)),
  [paths.leave]: (port, body) => called(readLeave(body), (request) => port.leave(request)),
};

export function isAboutMembership(path: string): boolean {
  return Object.hasOwn(DOORS, path);
}

/** Answers 200 with the result, 400 for what is not understood, 409 for what is refused. Rejects as the port does. */
export async function answerMembership(
  membership: () => Promise<MembershipPort>,
  path: string,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const body = await readJson(request);
  const isObject = typeof body === "object" && body !== null;
  const result = isObject ? DOORS[path]?.(await membership(), body as Body) : "expected an object";
  if (result === undefined || typeof result === "string")
    return sendProblem(response, 400, "Not understood", result ?? "nothing is done here");
  const known = await result;
  if (known.outcome === "done") return sendJson(response, 200, known.value);
  sendProblem(response, OUTCOME_CODES.refused, known.outcome, known.text);
}

function called<T>(
  request: T | string,
  then: (request: T) => Promise<Result<unknown>>,
): Promise<Result<unknown>> | string {
  return typeof request === "string" ? request : then(request);
}

function readWish({ node = null, validMs, by }: Body): TokenWish | string {
  if (node !== null && !isName(node)) return "node: expected a name or null";
  if (typeof validMs !== "number" || !(validMs > 0 && validMs <= VALID_MOST_MS)) return "validMs: expected a time";
  if (!isText(by)) return "by: expected who asks";
  return { node, validMs, by };
}

function readJoin({ id, secret, node, host, zone = null }: Body): JoinRequest | string {
  if (!isText(id) || !/^[0-9a-f]{16}$/.test(id) || !isText(secret)) return "id, secret: expected those of a token";
  if (!isName(node)) return "node: expected a name of 1 to 24 lower-case letters, digits and hyphens";
  if (!isText(host) || !isHost(host)) return "host: expected an address or a name";
  if (zone !== null && !isName(zone)) return "zone: expected a name or null";
  return { id, secret, node, host, zone };
}

function readLeave({ node, by }: Body): LeaveRequest | string {
  if (!isName(node)) return "node: expected a name";
  return isText(by) ? { node, by } : "by: expected who asks";
}

function isText(value: unknown): value is string {
  return typeof value === "string" && value !== "" && value.length < 300;
}

const LABEL = /^[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?$/;

function isHost(host: string): boolean {
  return isIP(host) !== 0 || host.split(".").every((label) => LABEL.test(label));
}

function isName(value: unknown): value is string {
  return typeof value === "string" && NAME.test(value);
}
