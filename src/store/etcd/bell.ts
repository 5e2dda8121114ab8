import { Failure } from "../../lib/failure.ts";
import { isAboutToken } from "./call-error.ts";
import type { EtcdCluster } from "./cluster.ts";
import type { Endpoint } from "./endpoint.ts";
import type { Keyspace } from "./keyspace.ts";
import type { Conversation } from "./rpc.ts";
import type { WatchRequest, WatchResponse } from "./methods.ts";

/** Before the next try when a stream could not be had, or ended. */
const AGAIN_MS = 50;
/** So many signs of life in a row may be missing. */
const MISSING = 2;

interface Watcher {
  readonly prefix: string;
  readonly ring: () => void;
}

/**
 * Rings when something below a watched prefix changed. One stream tells of all changes, from the first watch
 * on. It begins anew whenever it ends or falls silent, at the endpoint that is well, and then rings for
 * everybody: what was missed meanwhile is read by whoever hears that. So no revision is remembered, and none
 * can have been compacted.
 */
export class EtcdBell {
  readonly #cluster: EtcdCluster;
  readonly #keyspace: Keyspace;
  readonly #watchers = new Set<Watcher>();
  #timer: NodeJS.Timeout | null = null;
  #stream: Conversation<WatchRequest> | null = null;
  #closed = false;

  constructor(cluster: EtcdCluster, keyspace: Keyspace) {
    this.#cluster = cluster;
    this.#keyspace = keyspace;
  }

  watch(prefix: string, ring: () => void): () => void {
    const watcher = { prefix, ring };
    this.#watchers.add(watcher);
    if (this.#timer === null) this.#listenIn(0);
    return () => this.#watchers.delete(watcher);
  }

  close(): void {
    this.#closed = true;
    this.#watchers.clear();
    clearTimeout(this.#timer ?? undefined);
    this.#stream?.end();
  }

  #listenIn(ms: number): void {
    if (this.#closed) return;
    this.#timer = setTimeout(() => void this.#listen(), ms).unref();
  }

  async #listen(): Promise<void> {
    const [endpoint] = this.#cluster.endpoints;
    try {
      if (endpoint !== undefined) await this.#listenAt(endpoint);
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
    }
    this.#listenIn(AGAIN_MS);
  }

  /** Resolves when the stream has ended, or could not be had. */
  async #listenAt(endpoint: Endpoint): Promise<void> {
    let silentFor = 0;
    let leftFor = 0;
    const stream = await this.#cluster.watch(endpoint, (heard) => {
      silentFor = 0;
      this.#hear(heard);
    });
    if (stream === null) return;
    this.#stream = stream;
    stream.say({ createRequest: this.#keyspace.range("") });
    const timer = setInterval(() => {
      silentFor += 1;
      // A read that went elsewhere once, because of a moment's delay, is no reason to move.
      leftFor = this.#cluster.endpoints[0] === endpoint ? 0 : leftFor + 1;
      const isSilent = silentFor > MISSING;
      if (isSilent) this.#cluster.demote(endpoint);
      if (isSilent || leftFor > 1) stream.end();
      else stream.say({ progressRequest: {} });
    }, this.#cluster.pace.signMs).unref();
    const error = await stream.ended;
    clearInterval(timer);
    if (error !== null && isAboutToken(error)) await this.#cluster.forgetToken();
  }

  #hear(heard: WatchResponse): void {
    if (this.#closed) return;
    if (!heard.canceled) return this.#tell(heard);
    if (heard.cancelReason.includes("token")) void this.#cluster.forgetToken().catch(() => undefined);
    this.#stream?.end();
  }

  #tell({ created, events }: WatchResponse): void {
    const keys = events.map(({ kv }) => this.#keyspace.inner(kv.key));
    for (const { prefix, ring } of this.#watchers) if (created || keys.some((key) => key.startsWith(prefix))) ring();
  }
}
