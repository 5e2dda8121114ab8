import type { Operation, OperationResult } from "../api/agent-port.ts";
import type { AgentClient } from "../api/client.ts";
import { Exit, exitCodes, type ExitCode } from "./exit.ts";

export type Accepted = OperationResult & { readonly outcome: "accepted" };

const CODES: Readonly<Record<Exclude<OperationResult["outcome"], "accepted">, ExitCode>> = {
  refused: exitCodes.unsafe,
  "unknown-name": exitCodes.usage,
  unavailable: exitCodes.unreachable,
};

/** Asks the agent for something; ends the command with its reason if it does not accept. */
export async function askFor(agent: AgentClient, operation: Operation): Promise<Accepted> {
  const result = await agent.request(operation);
  if (result.outcome === "accepted") return result;
  throw new Exit(CODES[result.outcome], result.text);
}
