import { join } from "node:path";
import type { Config } from "../config/config.ts";
import { credentialsHere } from "../credentials/credentials-here.ts";
import type { GroupEvent } from "../core/event.ts";
import { Failure } from "../lib/failure.ts";
import type { ClusterStatus, Operation, OperationResult } from "./agent-port.ts";
import type { JoinRequest, LeaveRequest, Result, TokenWish } from "../membership/membership-port.ts";
import { ask, NotPermitted, open, translated, Unreachable, type Place, type Reply } from "./ask.ts";
import { OUTCOME_CODES, paths, type ProblemDetails } from "./contract.ts";

/** An agent as its clients see it. Its methods reject as `ask` does. */
export interface AgentClient {
  readonly node: string;
  status(): Promise<ClusterStatus>;
  /** The newest events of a group (`null`: of all), oldest first. */
  events(group: string | null, limit: number): Promise<readonly GroupEvent[]>;
  /** Calls `then` with the newest events and each further one, until `signal` or the agent ends it. `after`: the last one seen. */
  follow(follow: Following, then: (event: GroupEvent) => void, signal: AbortSignal): Promise<void>;
  request(operation: Operation): Promise<OperationResult>;
  /** Asks for what `paths.tokens`, `paths.join` or `paths.leave` does. */
  membership<T>(path: string, body: TokenWish | JoinRequest | LeaveRequest): Promise<Result<T>>;
}

export interface Following {
  readonly group: string | null;
  readonly limit: number;
  readonly after: string | null;
}

/** An agent that is well answers at once. */
const CONNECT_MS = 1500;
/** Operations wait for the store. */
const REQUEST_MS = 15_000;

/** Where a node's agent listens. */
export function socketOf(config: Config, node: string): string {
  return join(config.nodes[node]?.directory ?? "", "agent.sock");
}

/**
 * The agent of `node`, or else the first one of the configuration that answers: on this machine, or, where this machine has credentials and
 * no agent here answers, on another host. Rejects with {@link Unreachable} when none does, with {@link NotPermitted} when they are there for others only.
 */
export async function connectAgent(config: Config, node: string | null = null): Promise<AgentClient> {
  const nodes = node === null ? Object.keys(config.nodes) : [node];
  const tries = nodes.map(async (name) => {
    const socket = socketOf(config, name);
    const reply = await ask(socket, { path: "/liveness", deadlineMs: CONNECT_MS });
    // Nodes of different hosts may all have the same directory: here it is that of this host's own.
    const { node: here = name } = JSON.parse(reply.text) as { readonly node?: string };
    if (node !== null && here !== node) throw new Unreachable(`The agent of "${here}" answers at "${socket}".`);
    return agentAt(here, socket);
  });
  return Promise.any(tries).catch(async (error: AggregateError) => {
    const remote = await connectPeer(config, nodes).catch(() => null);
    if (remote !== null) return remote;
    throw noneAnswers(config, nodes, error.errors);
  });
}

/** The first of these nodes that answers this host; `null`: this host has no certificate to show. */
async function connectPeer(config: Config, nodes: readonly string[]): Promise<AgentClient | null> {
  const tls = await credentialsHere(config);
  if (tls === null) return null;
  const tries = nodes.map(async (node) => {
    const address = config.nodes[node]?.peer ?? null;
    if (address === null) throw new Failure(`"${node}" answers no other hosts`);
    await ask({ address, tls, node }, { path: "/liveness", deadlineMs: CONNECT_MS });
    return agentAt(node, { address, tls, node });
  });
  return Promise.any(tries);
}

function noneAnswers(config: Config, nodes: readonly string[], errors: readonly unknown[]): Failure {
  const forbidden = errors.find((error) => error instanceof NotPermitted);
  if (forbidden !== undefined) return forbidden;
  const silent = errors.find((error) => error instanceof Unreachable && error.message.includes("does not answer"));
  const which =
    nodes.length === 1 ? `The agent of "${nodes[0]}"` : `No agent of "${config.cluster}" (${nodes.join(", ")})`;
  if (silent instanceof Unreachable) return new Unreachable(`${which} could be asked. ${silent.message}`);
  const how = nodes.length === 1 ? `understudy agent --node ${nodes[0]}` : "understudy up";
  return new Unreachable(`${which} runs on this machine. Start it with: ${how} -c ${config.file}`);
}

/** The agent at that place; asks nothing yet. */
export function agentAt(node: string, place: Place): AgentClient {
  const get = async <T>(path: string): Promise<T> => {
    const reply = await ask(place, { path, deadlineMs: CONNECT_MS });
    if (reply.status === 503) throw new Unreachable(detailOf(reply));
    if (reply.status !== 200) throw new Failure(detailOf(reply));
    return JSON.parse(reply.text) as T;
  };
  return {
    node,
    status: () => get(paths.status),
    events: (group, limit) => get(eventsPath({ group, limit, after: null })),
    follow: (follow, then, signal) => followEvents(place, follow, then, signal),
    async request(operation) {
      const question = { method: "POST", path: paths.operations, body: operation, deadlineMs: REQUEST_MS } as const;
      return readResult(await ask(place, question));
    },
    async membership(path, body) {
      const reply = await ask(place, { method: "POST", path, body, deadlineMs: REQUEST_MS });
      if (reply.status === 200) return { outcome: "done", value: JSON.parse(reply.text) as never };
      if (reply.status === OUTCOME_CODES.refused) return { outcome: "refused", text: detailOf(reply) };
      throw new Failure(detailOf(reply));
    },
  };
}

function eventsPath({ group, limit }: Following): string {
  return `${paths.events}?limit=${limit}${group === null ? "" : `&group=${encodeURIComponent(group)}`}`;
}

function readResult(reply: Reply): OperationResult {
  if (reply.status === OUTCOME_CODES.accepted) return JSON.parse(reply.text) as OperationResult;
  for (const outcome of ["refused", "unknown-name", "unavailable"] as const)
    if (reply.status === OUTCOME_CODES[outcome]) return { outcome, text: detailOf(reply) };
  throw new Failure(detailOf(reply));
}

function detailOf(reply: Reply): string {
  try {
    return (JSON.parse(reply.text) as ProblemDetails).detail;
  } catch {
    return `the agent answered ${reply.status}`;
  }
}

async function followEvents(
  place: Place,
  follow: Following,
  then: (event: GroupEvent) => void,
  signal: AbortSignal,
): Promise<void> {
  const headers = follow.after === null ? {} : { "last-event-id": follow.after };
  const question = { path: `${eventsPath(follow)}&follow=1`, headers, deadlineMs: 0 };
  try {
    const response = await open(place, question, signal);
    let unread = "";
    for await (const chunk of response.setEncoding("utf8") as AsyncIterable<string>) {
      const messages = (unread + chunk).split("\n\n");
      unread = messages.pop() ?? "";
      for (const message of messages) {
        const data = /^data: (.*)$/m.exec(message)?.[1];
        if (data !== undefined) then(JSON.parse(data) as GroupEvent);
      }
    }
  } catch (error) {
    if (!signal.aborted) throw translated(error as NodeJS.ErrnoException, place, question);
  }
}
