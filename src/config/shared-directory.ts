import { dirname } from "node:path";
import type { Config } from "./config.ts";

/** Where the processes of one machine find each other, besides the nodes' directories: beside the store's file, or else beside the configuration. */
export function sharedDirectory({ file, store }: Config): string {
  return dirname(store.kind === "sqlite" ? store.file : file);
}
