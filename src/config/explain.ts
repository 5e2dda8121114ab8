import type { z } from "zod";
import { nearest } from "../lib/nearest.ts";
import { describePath, type Finding, type Path } from "./problem.ts";
import { shapeAt, type Shape } from "./shape.ts";
import { likelyMeant } from "./likely-meant.ts";
import { NAME_MEANS } from "./names.ts";

type Issue = z.core.$ZodIssue;

/** What the schema found wrong, in words: each as `what is wrong; did you mean "…"; what is expected`. */
export function explain(issues: readonly Issue[], shape: Shape): readonly Finding[] {
  const misspelled = new Set(issues.filter((i) => i.code === "unrecognized_keys").map((i) => describePath(path(i))));
  return issues
    .filter((issue) => issue.code !== "custom" || !misspelled.has(describePath(path(issue))))
    .flatMap((issue) => (issue.code === "unrecognized_keys" ? unknownKeys(issue, shape) : [wrongValue(issue, shape)]));
}

function path(issue: Issue): Path {
  return issue.path as Path;
}

function unknownKeys(issue: z.core.$ZodIssueUnrecognizedKeys, shape: Shape): readonly Finding[] {
  const at = path(issue);
  const known = Object.keys(shapeAt(shape, at)?.properties ?? {}).filter((key) => key !== "$schema");
  const where = at.length === 0 ? "" : ` in ${describePath(at)}`;
  return issue.keys.map((key) => ({
    path: [...at, key],
    part: "key",
    text: sentence(`unknown setting "${key}"${where}`, nearest(key, known), `one of ${known.join(", ")}`),
  }));
}

function wrongValue(issue: Issue, shape: Shape): Finding {
  const at = path(issue);
  const name = describePath(at) || "the file";
  if (issue.code === "invalid_key") return wrongName(issue, at);
  if (issue.input === undefined)
    return { path: at, part: "value", text: sentence(`missing ${name}`, null, issue.message) };
  const field = shapeAt(shape, at);
  const meant = likelyMeant(field?.kind ?? "", issue.input, field?.enum);
  return { path: at, part: "value", text: sentence(`${name} cannot be ${shown(issue.input)}`, meant, issue.message) };
}

function wrongName(issue: z.core.$ZodIssueInvalidKey, at: Path): Finding {
  const name = String(at.at(-1));
  const expected = issue.issues[0]?.message ?? "another name";
  const meant = expected === NAME_MEANS ? likelyMeant("name", name) : null;
  return { path: at, part: "key", text: sentence(`"${name}" cannot be a name`, meant, expected) };
}

/** The parts of a message, as all of them are put together. */
export function sentence(wrong: string, meant: string | null, expected: string | null): string {
  return [wrong, meant !== null && `did you mean "${meant}"`, expected !== null && `expected ${expected}`]
    .filter(Boolean)
    .join("; ");
}

const SHOWN_LETTERS = 60;

function shown(value: unknown): string {
  if (value === null) return "empty";
  if (Array.isArray(value)) return value.length === 0 ? "an empty list" : "a list";
  if (typeof value === "object") return Object.keys(value).length === 0 ? "an empty mapping" : "this mapping";
  const text = JSON.stringify(value);
  return text.length > SHOWN_LETTERS ? `${text.slice(0, SHOWN_LETTERS)}…` : text;
}
