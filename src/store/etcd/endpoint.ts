import { isIP } from "node:net";
import { Client, connectivityState, status } from "@grpc/grpc-js";
import type { ChannelCredentials, ChannelOptions, ClientDuplexStream, Metadata } from "@grpc/grpc-js";
import type { Address } from "../../config/config.ts";
import { messageOf } from "../../lib/failure.ts";
import type { Names } from "./names.ts";
import { CallError } from "./call-error.ts";
import { watch, type Method, type WatchRequest, type WatchResponse } from "./methods.ts";

/** A connection that has not come about, or on which an answer is owed, for that long is replaced. */
const REPLACE_MS = 2000;

const OPTIONS: ChannelOptions = {
  "grpc.initial_reconnect_backoff_ms": 100,
  "grpc.max_reconnect_backoff_ms": 500,
  // A call is made here once; whether and where it is made again is decided by those who know what it does.
  "grpc.enable_retries": 0,
  "grpc.service_config_disable_resolution": 1,
  "grpc.enable_http_proxy": 0,
  "grpc.use_local_subchannel_pool": 1,
  "grpc.enable_channelz": 0,
  "grpc.max_receive_message_length": -1,
};

/** One member of etcd, and the connection to it, which is kept up by {@link Endpoint.tend}. */
export class Endpoint {
  /** As the configuration names it. */
  readonly name: string;
  readonly #address: Address;
  readonly #credentials: ChannelCredentials;
  readonly #names: Names;
  readonly #say: (text: string) => void;
  /** Where the name leads, as far as known: what is known stays good when it cannot be resolved again. */
  #target: string | null;
  #unresolved = "its name is not resolved yet";
  #client: Client | null = null;
  /** Since when it is not connected or owes an answer. */
  #badSinceMs: number | null = null;
  #replacedAtMs = 0;
  #owes = false;
  #told = false;
  #resolving = false;
  #closed = false;

  constructor(address: Address, credentials: ChannelCredentials, names: Names, say: (text: string) => void) {
    const { host, port } = address;
    this.name = host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`;
    this.#address = address;
    this.#credentials = credentials;
    this.#names = names;
    this.#say = say;
    this.#target = isIP(host) === 0 ? null : targetOf(host, port);
    if (this.#target !== null) this.#connect(this.#target);
  }

  /** Whether there is a connection on which etcd has spoken, now. */
  get isReady(): boolean {
    return this.#client?.getChannel().getConnectivityState(false) === connectivityState.READY;
  }

  /** Why there is no connection. */
  get problem(): CallError {
    return new CallError(status.UNAVAILABLE, this.#client === null ? this.#unresolved : "not connected", true);
  }

  /** Asks once. Rejects with a {@link CallError}; after `signal` with one that says nothing about what happened. */
  call<Q, A>(method: Method<Q, A>, question: Q, metadata: Metadata, signal: AbortSignal): Promise<A> {
    return new Promise((resolve, reject) => {
      const client = this.#client;
      if (client === null) return reject(this.problem);
      const { path, requestSerialize, responseDeserialize } = method;
      const call = client.makeUnaryRequest(
        path,
        requestSerialize,
        responseDeserialize,
        question,
        metadata,
        (error, answer) => {
          signal.removeEventListener("abort", cancel);
          if (error === null && answer !== undefined) {
            this.#owes = false;
            resolve(answer);
          } else reject(error === null ? new CallError(status.INTERNAL, "an empty answer") : CallError.of(error));
        },
      );
      const cancel = (): void => call.cancel();
      signal.addEventListener("abort", cancel, { once: true });
    });
  }

  /** Opens a stream of changes; `null` while there is no connection. */
  watch(metadata: Metadata): ClientDuplexStream<WatchRequest, WatchResponse> | null {
    const { path, requestSerialize, responseDeserialize } = watch;
    return this.#client?.makeBidiStreamRequest(path, requestSerialize, responseDeserialize, metadata) ?? null;
  }

  /** It did not answer in time; until it does, its connection is doubted. */
  owes(): void {
    this.#owes = true;
  }

  /** To be called now and then: keeps the connection up, and makes another when it is of no use. */
  tend(nowMs: number): void {
    if (this.#client?.getChannel().getConnectivityState(true) === connectivityState.READY && !this.#owes) {
      if (this.#told) this.#say(`etcd at ${this.name} answers again`);
      this.#told = false;
      this.#badSinceMs = null;
      return;
    }
    this.#badSinceMs ??= nowMs;
    if (this.#target === null) void this.#resolve();
    if (nowMs - Math.max(this.#badSinceMs, this.#replacedAtMs) < REPLACE_MS) return;
    if (!this.#told) this.#say(`etcd at ${this.name} does not answer`);
    this.#told = true;
    this.#replacedAtMs = nowMs;
    void this.#resolve();
    if (this.#target !== null) this.#connect(this.#target);
  }

  close(): void {
    this.#closed = true;
    this.#client?.close();
    this.#client = null;
    this.#unresolved = "the store was closed";
  }

  async #resolve(): Promise<void> {
    const { host, port } = this.#address;
    if (isIP(host) !== 0 || this.#resolving) return;
    this.#resolving = true;
    try {
      const target = targetOf(await this.#names.addressOf(host), port);
      const isFirst = this.#target === null;
      this.#target = target;
      if (isFirst && !this.#closed) this.#connect(target);
    } catch (error) {
      this.#unresolved = `its name cannot be resolved: ${messageOf(error)}`;
    } finally {
      this.#resolving = false;
    }
  }

  #connect(target: string): void {
    this.#client?.close();
    const { host } = this.#address;
    const name = isIP(host) === 0 ? { "grpc.ssl_target_name_override": host, "grpc.default_authority": this.name } : {};
    this.#client = new Client(target, this.#credentials, { ...OPTIONS, ...name });
    this.#client.getChannel().getConnectivityState(true);
    this.#owes = false;
  }
}

function targetOf(ip: string, port: number): string {
  return isIP(ip) === 6 ? `ipv6:[${ip}]:${port}` : `ipv4:${ip}:${port}`;
}
