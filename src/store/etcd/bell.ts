import type { ClientDuplexStream } from "@grpc/grpc-js";
import { Failure } from "../../lib/failure.ts";
import type { EtcdCluster } from "./cluster.ts";
import type { Endpoint } from "./endpoint.ts";
import type { Keyspace } from "./keyspace.ts";
import type { WatchRequest, WatchResponse } from "./methods.ts";

type Stream = ClientDuplexStream<WatchRequest, WatchResponse>;

/** Before the next try when a stream could not be had, or ended. */
const AGAIN_MS = 20;
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
  #stream: Stream | null = null;
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
    this.#stream?.cancel();
  }

  #listenIn(ms: number): void {
    if (this.#closed) return;
    this.#timer = setTimeout(() => void this.#listen(), ms).unref();
  }

  async #listen(): Promise<void> {
    const [endpoint] = this.#cluster.endpoints;
    try {
      const stream = endpoint === undefined ? null : await this.#cluster.watch(endpoint);
      if (endpoint !== undefined && stream !== null && !this.#closed) await this.#follow(endpoint, stream);
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
    }
    this.#listenIn(AGAIN_MS);
  }

  /** Resolves when the stream has ended, or is of no more use. */
  async #follow(endpoint: Endpoint, stream: Stream): Promise<void> {
    this.#stream = stream;
    let silentFor = 0;
    stream.write({ createRequest: this.#keyspace.range("") });
    const timer = setInterval(() => {
      silentFor += 1;
      const isLeft = this.#cluster.endpoints[0] !== endpoint;
      if (silentFor > MISSING || isLeft) stream.cancel();
      else stream.write({ progressRequest: {} });
      if (silentFor > MISSING) this.#cluster.demote(endpoint);
    }, this.#cluster.pace.signMs).unref();
    stream.on("data", (heard: WatchResponse) => {
      silentFor = 0;
      if (heard.canceled) stream.cancel();
      else this.#tell(heard);
      if (/token/.test(heard.cancelReason)) void this.#cluster.forgetToken().catch(() => undefined);
    });
    await new Promise<void>((resolve) => {
      stream.on("error", () => resolve());
      stream.on("end", () => resolve());
    });
    clearInterval(timer);
  }

  #tell({ created, events }: WatchResponse): void {
    const keys = events.map(({ kv }) => this.#keyspace.inner(kv.key));
    for (const { prefix, ring } of this.#watchers) if (created || keys.some((key) => key.startsWith(prefix))) ring();
  }
}
