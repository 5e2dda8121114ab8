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
  /** Stands for one of `$defs`: a part that is in itself. */
  readonly $ref?: string;
  readonly $defs?: Readonly<Record<string, Shape>>;
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
    const next: Shape | undefined = typeof part === "number" ? at.items : (at.properties?.[part] ?? anyProperty(at));
    at = next && (definitionOf(next, shape) ?? next);
  }
  return at ?? null;
}

/** The shape with its definitions where they are used; only inside of themselves references are left. */
export function expanded(shape: Shape): Shape {
  const { $defs: _, ...rest } = shape;
  return expand(rest, shape, []) as Shape;
}

function expand(part: unknown, whole: Shape, inside: readonly string[]): unknown {
  if (typeof part !== "object" || part === null || Array.isArray(part)) return part;
  const { $ref } = part as Shape;
  if ($ref !== undefined && inside.includes($ref)) return part;
  const known = definitionOf(part, whole);
  if (known !== undefined) return expand(known, whole, [...inside, $ref ?? ""]);
  return Object.fromEntries(Object.entries(part).map(([key, value]) => [key, expand(value, whole, inside)]));
}

function definitionOf({ $ref }: Shape, { $defs }: Shape): Shape | undefined {
  return $ref === undefined ? undefined : $defs?.[$ref.replace("#/$defs/", "")];
}

function anyProperty(shape: Shape): Shape | undefined {
  return typeof shape.additionalProperties === "object" ? shape.additionalProperties : undefined;
}
