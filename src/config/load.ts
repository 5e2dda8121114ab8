import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import { UserError } from "../lib/failure.ts";
import type { Config } from "./config.ts";
import { crossCheck } from "./cross-checks.ts";
import { explain } from "./explain.ts";
import { describeProblem, type Finding, type Problem } from "./problem.ts";
import { resolveConfig } from "./resolve.ts";
import { fileSchema } from "./schema.ts";
import { fileShape } from "./shape.ts";
import { readSource, type Source } from "./source.ts";

/** What a file says, or everything that is wrong with it, in the order of its lines. */
export type ConfigCheck =
  | { readonly config: Config; readonly problems: readonly [] }
  | { readonly config: null; readonly problems: readonly Problem[] };

/** The configuration in `file`. Rejects with a {@link UserError} that lists everything that is wrong with it. */
export async function loadConfig(file: string): Promise<Config> {
  const { config, problems } = await checkConfig(file);
  if (config === null) throw new UserError(problems.map(describeProblem).join("\n"));
  return config;
}

/** Like {@link loadConfig}, with problems as data. */
export async function checkConfig(file: string): Promise<ConfigCheck> {
  const text = await readFile(file, "utf8").catch((error: NodeJS.ErrnoException) => error);
  if (typeof text !== "string") return wrong([unreadable(file, text)]);
  return checkText(file, text);
}

/** The same for text that is there already; `file` names it in messages, and relative paths start beside it. */
export function checkText(file: string, text: string): ConfigCheck {
  const source = readSource(file, text);
  if (source.syntaxProblems.length > 0) return wrong(source.syntaxProblems);
  const parsed = fileSchema.safeParse(source.value, { reportInput: true });
  if (!parsed.success) return located(source, explain(parsed.error.issues, fileShape()));
  const config = resolveConfig(parsed.data, resolve(file));
  const findings = crossCheck({ given: parsed.data, config });
  return findings.length > 0 ? located(source, findings) : { config, problems: [] };
}

function located(source: Source, findings: readonly Finding[]): ConfigCheck {
  return wrong(findings.map((finding) => source.locate(finding)));
}

function wrong(problems: readonly Problem[]): ConfigCheck {
  return { config: null, problems: problems.toSorted((a, b) => a.line - b.line || a.column - b.column) };
}

function unreadable(file: string, error: NodeJS.ErrnoException): Problem {
  const text =
    error.code === "ENOENT"
      ? "there is no such file; expected a configuration (examples/ has some to begin with)"
      : `cannot be read: ${error.message}`;
  return { file, line: 0, column: 0, path: "", text };
}
