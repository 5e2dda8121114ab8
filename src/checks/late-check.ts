import type { Clock } from "../lib/clock.ts";
import { messageOf } from "../lib/failure.ts";
import type { Check } from "./check.ts";

/**
 * A check that `make` makes of files when it is first tried, and anew after each bad result: what is wrong with a file is a
 * bad result, and a file that is put right is read.
 */
export function lateCheck(make: () => Promise<Check>, clock: Clock): Check {
  let made: Check | null = null;
  let isClosed = false;
  return {
    async run(deadlineMs) {
      const startedMs = clock.nowMs();
      const failed = (text: string) => ({ ok: false, text, tookMs: clock.nowMs() - startedMs });
      try {
        made ??= await make();
      } catch (error) {
        return failed(messageOf(error));
      }
      if (isClosed) return failed("the check was ended");
      const result = await made.run(deadlineMs);
      if (!result.ok) made = null;
      return result;
    },
    close() {
      isClosed = true;
      made?.close();
    },
  };
}
