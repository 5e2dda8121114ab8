import { fork, type ChildProcess } from "node:child_process";
import { fileURLToPath } from "node:url";
import type { LoadSettings } from "../../src/quickstart/client/load.ts";
import type { Verdict } from "../../src/quickstart/client/verify.ts";
import type { LoadReplies, LoadRequest, LoadWindow } from "./load-messages.ts";
import { ProcessCalls } from "./process-calls.ts";

const PROGRAM = fileURLToPath(new URL("load-process.ts", import.meta.url));

function here(program: string): ChildProcess {
  return fork(program, { stdio: ["ignore", 2, 2, "ipc"] });
}

/** The client's process, as the bench holds it. */
export class LoadHandle {
  readonly #calls: ProcessCalls<LoadRequest, LoadReplies>;

  private constructor(child: ChildProcess) {
    this.#calls = new ProcessCalls(child, "client");
  }

  /** `run` starts the client's program, with a channel to it; default: on this host. */
  static async start(settings: LoadSettings, run: (program: string) => ChildProcess = here): Promise<LoadHandle> {
    const handle = new LoadHandle(run(PROGRAM));
    await handle.#calls.ask({ do: "start", settings });
    return handle;
  }

  async beginBatch(batch: number): Promise<void> {
    await this.#calls.ask({ do: "batch", batch });
  }

  /** What the client saw from one instant of the host's monotonic clock to another. */
  window(fromMs: number, toMs: number): Promise<LoadWindow> {
    return this.#calls.ask({ do: "window", fromMs, toMs });
  }

  /** Compares what was acknowledged with what the current primary holds. */
  verify(batches: readonly number[] | null): Promise<Verdict> {
    return this.#calls.ask({ do: "verify", batches });
  }

  /** Lets the work under way end; verification and windows go on. */
  async stop(): Promise<void> {
    await this.#calls.ask({ do: "stop" });
  }

  end(): void {
    this.#calls.end();
  }
}
