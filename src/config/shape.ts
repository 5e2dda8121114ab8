import { z } from "zod";
import type { Path } from "./problem.ts";
import { fileSchema } from "./schema.ts";

/** The part of JSON Schema that the configuration's schema uses, and what `words.ts` adds to it. */
export interface Shape {
  readonly type?: string;
  readonly description?: string;
  readonly default?: unknown;
  readonly enum?: readonly string[];
  readonly properties?: Readonly<Record<string, Shape>>;
  readonly additionalProperties?: Shape | boolean;
  readonly items?: Shape;
  readonly required?: readonly string[];
  readonly minimum?: number;
  readonly maximum?: number;
  readonly maxProperties?: number;
  readonly kind?: string;
  readonly bounds?: string;
  readonly lower?: string;
  readonly higher?: string;
}

/** The whole file's shape as a JSON Schema. */
export function fileShape(): Shape {
  return z.toJSONSchema(fileSchema, { io: "input" }) as Shape;
}

/** The shape of what is at `path`; `null` for what is not known. */
export function shapeAt(shape: Shape, path: Path): Shape | null {
  let at: Shape | undefined = shape;
  for (const part of path) {
    if (at === undefined) return null;
    at = typeof part === "number" ? at.items : (at.properties?.[part] ?? anyProperty(at));
  }
  return at ?? null;
}

function anyProperty(shape: Shape): Shape | undefined {
  return typeof shape.additionalProperties === "object" ? shape.additionalProperties : undefined;
}
