import { once } from "node:events";
import type { ServerResponse } from "node:http";
import type { GroupEvent } from "../core/event.ts";
import type { AgentPort } from "./agent-port.ts";

/** Looked for again even when nothing rang. */
const LOOK_MS = 2000;
/** As many of the newest events of each group are looked at each time. */
const WINDOW = 200;
/** A reader that is so far behind is let go; it comes back with the last id that it has. */
const UNREAD_MOST_BYTES = 1024 * 1024;

/** Which events, and from where on. */
export interface Follow {
  readonly groups: readonly string[];
  /** How many of the existing ones come first. */
  readonly limit: number;
  /** The last one that the client has seen; `null`: none. */
  readonly after: string | null;
}

/**
 * Sends events as they happen (server-sent events) until the client goes away. None is sent twice on one
 * stream, and one that the store shows late still comes.
 */
export async function streamEvents(port: AgentPort, follow: Follow, response: ServerResponse): Promise<void> {
  const gone = new AbortController();
  response.on("close", () => gone.abort());
  response.writeHead(200, { "content-type": "text/event-stream", "cache-control": "no-store" });
  response.write(": the newest events, then each as it happens\n\n");
  const bell = new EventTarget();
  const stopListening = port.onChange(() => bell.dispatchEvent(new Event("ring")));
  const timer = setInterval(() => bell.dispatchEvent(new Event("ring")), LOOK_MS);
  try {
    const feed = new EventFeed(port, follow.groups);
    const history = (await feed.unseen()).filter((event) => follow.after === null || event.id > follow.after);
    send(response, follow.after === null ? history.slice(history.length - follow.limit) : history);
    while (!gone.signal.aborted && response.writableLength < UNREAD_MOST_BYTES) {
      await once(bell, "ring", { signal: gone.signal });
      send(response, await feed.unseen());
    }
  } catch (error) {
    if (!gone.signal.aborted) throw error;
  } finally {
    clearInterval(timer);
    stopListening();
    response.destroy();
  }
}

function send(response: ServerResponse, events: readonly GroupEvent[]): void {
  if (events.length === 0) response.write(": nothing new\n\n");
  for (const event of events) response.write(`id: ${event.id}\ndata: ${JSON.stringify(event)}\n\n`);
}

/** Tells each event of some groups once. */
class EventFeed {
  readonly #port: AgentPort;
  readonly #groups: readonly string[];
  #seen: ReadonlySet<string> = new Set();

  constructor(port: AgentPort, groups: readonly string[]) {
    this.#port = port;
    this.#groups = groups;
  }

  /** Those of the newest that were not told before, oldest first; none while the store does not answer. */
  async unseen(): Promise<readonly GroupEvent[]> {
    const read = Promise.all(this.#groups.map((group) => this.#port.events(group, WINDOW)));
    const newest = await read.then((lists) => lists.flat()).catch(() => null);
    if (newest === null) return [];
    const unseen = newest.filter((event) => !this.#seen.has(event.id));
    this.#seen = new Set(newest.map((event) => event.id));
    return unseen.toSorted((a, b) => (a.id < b.id ? -1 : 1));
  }
}
