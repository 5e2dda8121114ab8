import type { Gap } from "../../src/quickstart/client/gap.ts";
import type { LoadSettings } from "../../src/quickstart/client/load.ts";
import type { Verdict } from "../../src/quickstart/client/verify.ts";

/** What the bench asks of the client's process. Instants are on the host's monotonic clock, which both share. */
export type LoadRequest =
  | { readonly do: "start"; readonly settings: LoadSettings }
  /** Rows belong to this batch from now on. */
  | { readonly do: "batch"; readonly batch: number }
  | { readonly do: "window"; readonly fromMs: number; readonly toMs: number }
  | { readonly do: "verify"; readonly batches: readonly number[] | null }
  | { readonly do: "stop" };

/** What the client saw between two instants. */
export interface LoadWindow {
  readonly gap: Gap;
  readonly acknowledged: number;
  /** Since the load began. */
  readonly refused: number;
  readonly unknown: number;
  readonly failedConnects: number;
  readonly lastError: string;
}

/** What is answered to each. */
export type LoadReplies = {
  readonly start: null;
  readonly batch: null;
  readonly window: LoadWindow;
  readonly verify: Verdict;
  readonly stop: null;
};
