import { readFile, writeFile } from "node:fs/promises";
import { editorSchema, renderReference } from "./reference.ts";
import { fileShape } from "./shape.ts";

const ROOT = new URL("../../", import.meta.url);

/** The files that are made from the schema, with what they should hold. */
export function generatedFiles(): readonly { readonly file: URL; readonly text: string }[] {
  const shape = fileShape();
  return [
    { file: new URL("docs/configuration.md", ROOT), text: renderReference(shape) },
    {
      file: new URL("examples/understudy.schema.json", ROOT),
      text: `${JSON.stringify(editorSchema(shape), null, 2)}\n`,
    },
  ];
}

/** The generated files that are not what the schema says. */
export async function outdatedFiles(): Promise<readonly string[]> {
  const outdated: string[] = [];
  for (const { file, text } of generatedFiles())
    if ((await readFile(file, "utf8").catch(() => "")) !== text) outdated.push(file.pathname);
  return outdated;
}

if (import.meta.main) for (const { file, text } of generatedFiles()) await writeFile(file, text);
