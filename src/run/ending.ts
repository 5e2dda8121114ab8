import type { Config } from "../config/config.ts";

/**
 * `leave`: the agent alone ends; `stop`: its services too; `reconfigure`: it begins anew, by another configuration; `removed`: the node is no
 * part of the cluster any more, so its services stop; `stolen`, `broken`: it must not go on.
 */
export type Ending = "leave" | "stop" | "reconfigure" | "removed" | "stolen" | "broken";

/** Rings once, by a signal or by {@link EndingBell.now}. */
export interface EndingBell extends Disposable {
  readonly promise: Promise<Ending>;
  readonly rung: boolean;
  /** What to begin anew by, after `reconfigure`: read and checked while the old life went on. */
  readonly next: Config | null;
  now(how: Ending, text: string, next?: Config): void;
}

/** Listens to the process' signals until it is disposed of. */
export function endingOf(log: (text: string) => void): EndingBell {
  let rung = false;
  let resolve: (how: Ending) => void = () => undefined;
  const promise = new Promise<Ending>((r) => (resolve = r));
  let by: Config | null = null;
  const now = (how: Ending, text: string, next?: Config): void => {
    if (rung) return;
    log(text);
    by = next ?? null;
    rung = true;
    resolve(how);
  };
  const onTerm = (): void => now("leave", "SIGTERM: the agent ends, its services go on until the guard's deadline");
  const onInt = (): void => now("stop", "SIGINT: the services are stopped");
  process.on("SIGTERM", onTerm).on("SIGINT", onInt);
  return {
    promise,
    now,
    get next() {
      return by;
    },
    get rung() {
      return rung;
    },
    [Symbol.dispose]() {
      process.off("SIGTERM", onTerm).off("SIGINT", onInt);
    },
  };
}
