import type { Belonging } from "../../host/belonging.ts";
import type { GuardState } from "../guard.ts";

/** What an agent asks of the guard's program: one JSON line each, answered by one line with the same `seq`. */
export type GuardRequest =
  | { readonly seq: number; readonly do: "hello" }
  | ({
      readonly seq: number;
      readonly do: "arm";
      readonly group: string;
      readonly untilMs: number;
    } & Belonging)
  | { readonly seq: number; readonly do: "disarm"; readonly group: string }
  /** End yourself, if you guard nothing. */
  | { readonly seq: number; readonly do: "end" };

/** A request without its number. */
export type GuardAsk = GuardRequest extends infer R ? (R extends GuardRequest ? Omit<R, "seq"> : never) : never;

/** Every answer tells all states; what the guard says by itself has `seq: 0`. */
export interface GuardAnswer {
  readonly seq: number;
  /** `null`: done. Else why not. */
  readonly refused: string | null;
  readonly states: Readonly<Record<string, GuardState>>;
}

/** Calls `each` with every line of a stream of chunks. A line is at most `maxBytes` long; a longer one is dropped. */
export function lineReader(each: (line: string) => void, maxBytes = 65_536): (chunk: string) => void {
  let rest = "";
  return (chunk) => {
    const lines = (rest + chunk).split("\n");
    rest = lines.pop() ?? "";
    if (rest.length > maxBytes) rest = "";
    for (const line of lines) each(line);
  };
}
