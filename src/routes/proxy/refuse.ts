import type { Socket } from "node:net";
import type { Conversation } from "./conversation.ts";
import { endGently } from "./end-gently.ts";
import { NO_ENCRYPTION } from "./postgres-messages.ts";

/** How long a client has to come to the point where it can be told why. */
const PATIENCE_MS = 1000;

/**
 * Sends `error` as soon as the client can read it, and closes. One that asks for encryption first hears
 * "no", so that it goes on and can be told; one that speaks no PostgreSQL, or encrypted, is just closed.
 */
export function refuse(client: Socket, conversation: Conversation | null, error: Buffer): void {
  client.removeAllListeners("data");
  const timer = setTimeout(() => client.destroy(), PATIENCE_MS);
  client.once("close", () => clearTimeout(timer));
  const goOn = (): void => {
    if (conversation?.phase === "asked") {
      client.write(NO_ENCRYPTION);
      conversation.fromServer(NO_ENCRYPTION);
    }
    if (conversation?.phase === "opening") return;
    clearTimeout(timer);
    endGently(client, conversation?.phase === "messages" ? error : null);
  };
  client.on("data", (chunk: Buffer) => {
    conversation?.fromClient(chunk);
    goOn();
  });
  client.resume();
  goOn();
}
