import type { IncomingMessage, ServerResponse } from "node:http";
import { messageOf } from "../lib/failure.ts";
import type { MembershipPort } from "../membership/membership-port.ts";
import type { AgentPort } from "./agent-port.ts";
import { EVENTS_MOST, healthChecks, OUTCOME_CODES, paths, readOperation, type HealthCheck } from "./contract.ts";
import { streamEvents } from "./event-stream.ts";
import { answerMembership, isAboutMembership } from "./answer-membership.ts";
import { alive, answerHealth } from "./health.ts";
import { renderMetrics } from "./metrics.ts";
import { readJson, sendJson, sendProblem, sendText } from "./reply.ts";

/**
 * Where requests come in decides what they may: whoever may open the Unix socket, or shows a node's certificate (`peer`), may act; the
 * loopback port is for reading; a `stranger` from another host may ask to join and nothing else.
 */
export type Entrance = "socket" | "loopback" | "peer" | "stranger";

/** Whom requests are answered for. */
export interface Answering {
  readonly port: AgentPort;
  /** Rejects with a {@link Failure} where hosts cannot join or leave. */
  readonly membership: () => Promise<MembershipPort>;
}

type Handler = (port: AgentPort, request: IncomingMessage, response: ServerResponse, url: URL) => void | Promise<void>;

/** Answers one request. Health comes first and needs nothing but the status; an error in the rest cannot touch it. */
export async function answer(
  answering: Answering,
  entrance: Entrance,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const { port } = answering;
  const url = URL.parse(request.url ?? "/", "http://agent");
  if (url === null) return sendProblem(response, 400, "Not understood", "That is no address of anything.");
  try {
    if (entrance === "stranger" && url.pathname !== paths.join)
      return sendProblem(
        response,
        401,
        "Who are you?",
        "Only nodes of the cluster are answered here: show a certificate of one.",
      );
    if (isAboutMembership(url.pathname) && request.method === "POST") {
      if (entrance === "loopback") return sendProblem(response, 403, "Not here", NOT_HERE);
      return await answerMembership(answering.membership, url.pathname, request, response);
    }
    if (answeredHealth(port, request, response, url)) return;
    const handler = reading[url.pathname];
    if (handler !== undefined && isReading(request)) return await handler(port, request, response, url);
    if (url.pathname === paths.operations && request.method === "POST") {
      if (entrance === "loopback") return sendProblem(response, 403, "Not here", NOT_HERE);
      return await operate(port, request, response);
    }
    if (handler !== undefined || url.pathname === paths.operations || isAboutMembership(url.pathname))
      return sendProblem(response, 405, "Wrong method", `${request.method} is not understood at ${url.pathname}.`);
    sendProblem(response, 404, "Not found", `There is nothing at ${url.pathname}. There are: ${whatThereIs()}.`);
  } catch (error) {
    sendProblem(response, 503, "No answer", messageOf(error));
  }
}

const NOT_HERE = "Operations are taken on the agent's Unix socket, and from nodes that show their certificates.";

function isReading(request: IncomingMessage): boolean {
  return request.method === "GET" || request.method === "HEAD" || request.method === "OPTIONS";
}

function whatThereIs(): string {
  return [...Object.keys(reading), paths.operations, ...healthChecks.map((check) => `/${check}`)].join(", ");
}

/** `/primary`, `/v1/groups/NAME/primary`; `/` alone asks for the primary, too. */
const HEALTH_PATH = /^(?:\/v1\/groups\/([a-z0-9-]{1,24}))?\/([a-z-]*)$/;

function answeredHealth(port: AgentPort, request: IncomingMessage, response: ServerResponse, url: URL): boolean {
  const [, group = null, word = ""] = HEALTH_PATH.exec(url.pathname) ?? [null, null, "none"];
  const check = word === "" ? "primary" : word;
  if (!isReading(request) || !isHealthCheck(check)) return false;
  const isAsked = check === "liveness" && group === null;
  const { code, body } = isAsked
    ? alive(port.node)
    : answerHealth(port.status(), group, check, url.searchParams.get("lag"));
  sendJson(response, code, body);
  return true;
}

function isHealthCheck(word: string): word is HealthCheck {
  return (healthChecks as readonly string[]).includes(word);
}

const reading: Readonly<Record<string, Handler>> = {
  [paths.status]: (port, _request, response) => sendJson(response, 200, port.status()),

  [paths.metrics]: (port, _request, response) => {
    const { user, system } = process.cpuUsage();
    const use = { residentBytes: process.memoryUsage.rss(), cpuSeconds: (user + system) / 1e6 };
    sendText(response, 200, "text/plain; version=0.0.4; charset=utf-8", renderMetrics(port.status(), use));
  },

  [paths.events]: async (port, request, response, url) => {
    const groups = port.status().groups.map((group) => group.group);
    const asked = url.searchParams.get("group");
    if (asked !== null && !groups.includes(asked))
      return sendProblem(
        response,
        404,
        "No such group",
        `There is no group "${asked}". There are: ${groups.join(", ")}.`,
      );
    const wanted = asked === null ? groups : [asked];
    const limit = readLimit(url.searchParams.get("limit"));
    if (url.searchParams.get("follow") !== "1") return sendJson(response, 200, await newestEvents(port, wanted, limit));
    const after = request.headers["last-event-id"];
    await streamEvents(port, { groups: wanted, limit, after: typeof after === "string" ? after : null }, response);
  },
};

function readLimit(text: string | null): number {
  const limit = text === null ? 100 : Number(text);
  return Number.isInteger(limit) ? Math.min(Math.max(limit, 0), EVENTS_MOST) : 100;
}

async function newestEvents(port: AgentPort, groups: readonly string[], limit: number): Promise<readonly unknown[]> {
  const lists = await Promise.all(groups.map((group) => port.events(group, limit)));
  const sorted = lists.flat().toSorted((a, b) => (a.id < b.id ? -1 : 1));
  return sorted.slice(Math.max(0, sorted.length - limit));
}

async function operate(port: AgentPort, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const operation = readOperation(await readJson(request));
  if (typeof operation === "string") return sendProblem(response, 400, "Not understood", operation);
  const result = await port.request(operation);
  if (result.outcome === "accepted") return sendJson(response, OUTCOME_CODES.accepted, result);
  sendProblem(response, OUTCOME_CODES[result.outcome], result.outcome, result.text);
}
