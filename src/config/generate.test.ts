import assert from "node:assert/strict";
import { test } from "node:test";
import { outdatedFiles } from "./generate.ts";
import { expanded, fileShape, type Shape } from "./shape.ts";

test("docs/configuration.md and the JSON Schema are what `node src/config/generate.ts` writes", async () => {
  assert.deepEqual(await outdatedFiles(), []);
});

test("every setting says what it is", () => {
  assert.deepEqual(undescribed(expanded(fileShape()), ""), []);
});

function undescribed(shape: Shape, path: string): readonly string[] {
  const settings = Object.entries(shape.properties ?? {}).filter(([key]) => key !== "$schema");
  const inside = [shape.items, shape.additionalProperties].filter((part) => typeof part === "object");
  return [
    ...settings.filter(([, part]) => !part.description).map(([key]) => `${path}.${key}`),
    ...settings.flatMap(([key, part]) => undescribed(part, `${path}.${key}`)),
    ...inside.flatMap((part) => undescribed(part, `${path}.NAME`)),
  ];
}
