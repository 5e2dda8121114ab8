import type { ChildProcess } from "node:child_process";
import { join } from "node:path";
import type { Address } from "../../../src/config/config.ts";
import { nodeArguments } from "../../../src/host/node-arguments.ts";
import { fileURLToPath } from "node:url";
import type { Place, ServerName } from "../place.ts";

/** What an operator does to a proxy while it works. */
export type Order = "drain" | "switchover" | "change" | "upgrade";

/** A proxy that is measured. */
export interface Subject {
  /** Every process of it, by its number. */
  readonly child: ChildProcess;
  /** Nothing more to `a`, or `b` instead of it, or `a` is no longer one of its servers; or new processes that serve as the ones before. */
  order(order: Order): Promise<void>;
}

/** How to start one: in `directory`, which is its own. */
export interface SubjectKind {
  readonly title: string;
  start(place: Place, directory: string): Promise<Subject>;
}

/** Which servers a proxy leads to: the first is active, the others are its standbys; `drained` ones get nothing new. */
export interface Layout {
  readonly order: readonly ServerName[];
  readonly drained: readonly ServerName[];
}

export const BEGINNING: Layout = { order: ["a", "b"], drained: [] };

/** What an order makes of the beginning. */
export function layoutAfter(order: Order): Layout {
  if (order === "upgrade") return BEGINNING;
  if (order === "drain") return { order: ["a", "b"], drained: ["a"] };
  return order === "switchover" ? { order: ["b", "a"], drained: [] } : { order: ["b"], drained: [] };
}

/** `host:port`. */
export function text({ host, port }: Address): string {
  return `${host}:${port}`;
}

const MAIN = fileURLToPath(new URL("../../../src/cli/main.ts", import.meta.url));

/** Our own program's arguments, as `bin/understudy.mjs` would run it for a proxy. */
export function ourArguments(args: readonly string[]): readonly string[] {
  return ["--max-semi-space-size=16", "--v8-pool-size=1", ...nodeArguments(MAIN, args)];
}

/** The socket of our proxy for orders. */
export function controlPath(directory: string): string {
  return join(directory, "control.sock");
}
