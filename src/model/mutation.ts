import { registerHooks } from "node:module";
import { fileURLToPath } from "node:url";
import { Bug } from "../lib/failure.ts";

/** One exact change of the production sources, made in memory while they are loaded. */
export interface Mutation {
  readonly name: string;
  /** What is taken out or turned around, for a person. */
  readonly rule: string;
  /** The file below `src`, as `core/decide.ts`. */
  readonly file: string;
  /** This text must occur there exactly once. */
  readonly find: string;
  readonly replace: string;
}

const SOURCES = new URL("../", import.meta.url);

/**
 * From now on `mutation.file` loads with the change. To be called before anything imports it; a process can take only
 * one program apart this way. Throws a {@link Bug} when the text to change is not there exactly once: then the sources
 * have changed, and the mutation with them.
 */
export function applyMutation(mutation: Mutation): void {
  const target = new URL(mutation.file, SOURCES).href;
  registerHooks({
    load(url, context, nextLoad) {
      const loaded = nextLoad(url, context);
      if (url !== target) return loaded;
      const source = typeof loaded.source === "string" ? loaded.source : Buffer.from(asBytes(loaded.source)).toString();
      return { ...loaded, source: mutated(source, mutation) };
    },
  });
}

function asBytes(source: ArrayBuffer | NodeJS.TypedArray | undefined): Uint8Array {
  if (source === undefined) return new Uint8Array();
  return ArrayBuffer.isView(source)
    ? new Uint8Array(source.buffer, source.byteOffset, source.byteLength)
    : new Uint8Array(source);
}

/** `source` with the change. */
export function mutated(source: string, { name, file, find, replace }: Mutation): string {
  const parts = source.split(find);
  if (parts.length !== 2)
    throw new Bug(
      `Cannot apply "${name}": its text occurs ${parts.length - 1} times in ${fileURLToPath(new URL(file, SOURCES))}, and it must occur once. Bring the mutation up to date`,
    );
  return parts.join(replace);
}
