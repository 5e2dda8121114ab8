import { fork, type ChildProcess } from "node:child_process";
import { fileURLToPath } from "node:url";
import { Failure } from "../../src/lib/failure.ts";
import type { LoadSettings } from "../../src/quickstart/client/load.ts";
import type { Verdict } from "../../src/quickstart/client/verify.ts";
import type { LoadReplies, LoadReply, LoadRequest, LoadWindow } from "./load-messages.ts";

/** The client's process, as the bench holds it. */
export class LoadHandle {
  readonly #child: ChildProcess;
  readonly #waiting = new Map<number, { resolve: (answer: never) => void; reject: (error: Error) => void }>();
  #lastId = 0;

  private constructor() {
    this.#child = fork(fileURLToPath(new URL("load-process.ts", import.meta.url)), { stdio: ["ignore", 2, 2, "ipc"] });
    this.#child.on("message", (reply: LoadReply) => this.#settle(reply));
    this.#child.on("exit", () => this.#fail("The client's process ended."));
  }

  static async start(settings: LoadSettings): Promise<LoadHandle> {
    const handle = new LoadHandle();
    await handle.#ask({ do: "start", settings });
    return handle;
  }

  async beginBatch(batch: number): Promise<void> {
    await this.#ask({ do: "batch", batch });
  }

  /** What the client saw from one instant of the host's monotonic clock to another. */
  window(fromMs: number, toMs: number): Promise<LoadWindow> {
    return this.#ask({ do: "window", fromMs, toMs });
  }

  /** Compares what was acknowledged with what the current primary holds. */
  verify(batches: readonly number[] | null): Promise<Verdict> {
    return this.#ask({ do: "verify", batches });
  }

  /** Lets the work under way end; verification and windows go on. */
  async stop(): Promise<void> {
    await this.#ask({ do: "stop" });
  }

  end(): void {
    this.#child.kill("SIGKILL");
  }

  #ask<R extends LoadRequest>(request: R): Promise<LoadReplies[R["do"]]> {
    this.#lastId += 1;
    const id = this.#lastId;
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
      if (!this.#child.connected) return this.#fail("The client's process has ended.");
      this.#child.send({ id, request });
    });
  }

  #settle(reply: LoadReply): void {
    const waiting = this.#waiting.get(reply.id);
    this.#waiting.delete(reply.id);
    if ("error" in reply) waiting?.reject(new Failure(reply.error));
    else waiting?.resolve(reply.answer as never);
  }

  #fail(why: string): void {
    for (const { reject } of this.#waiting.values()) reject(new Failure(why));
    this.#waiting.clear();
  }
}
