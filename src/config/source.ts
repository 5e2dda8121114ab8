import {
  isAlias,
  isMap,
  isNode,
  isScalar,
  isSeq,
  LineCounter,
  parseDocument,
  type Document,
  type Node,
  type YAMLError,
} from "yaml";
import { describePath, type Finding, type Path, type Problem } from "./problem.ts";

/** The text of a configuration file: its values, and where each of them stands. */
export interface Source {
  readonly value: unknown;
  /** What makes it no YAML at all; then `value` means nothing. */
  readonly syntaxProblems: readonly Problem[];
  /** The finding with its line and column; what is missing is reported where it should be. */
  locate(finding: Finding): Problem;
}

/** Reads YAML 1.2 (core schema: `off` and `yes` are texts). `file` is only for the messages. */
export function readSource(file: string, text: string): Source {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, version: "1.2", schema: "core" });
  const problemAt = (offset: number, path: Path, what: string): Problem => {
    const { line, col } = lines.linePos(offset);
    return { file, line: Math.max(1, line), column: Math.max(1, col), path: describePath(path), text: what };
  };
  const errors = [...document.errors, ...document.warnings];
  return {
    value: errors.length > 0 ? null : document.toJS({ maxAliasCount: 100 }),
    syntaxProblems: errors.map((error) => problemAt(error.pos[0], [], `not valid YAML: ${whatIsWrong(error)}`)),
    locate: (finding) => problemAt(offsetOf(document, finding), finding.path, finding.text),
  };
}

function whatIsWrong(error: YAMLError): string {
  if (error.code === "MULTIPLE_DOCS") return "a second document begins here; expected one";
  return error.message.split("\n")[0] ?? error.message;
}

/** The offset of the last part of the path that exists. */
function offsetOf(document: Document, finding: Finding): number {
  let node: unknown = document.contents;
  let offset = startOf(node) ?? 0;
  for (const [i, part] of finding.path.entries()) {
    const isLast = i === finding.path.length - 1;
    const { key, value } = childOf(isAlias(node) ? node.resolve(document) : node, part);
    if (key === null && value === null) break;
    const wanted =
      isLast && finding.part === "value" ? (startOf(value) ?? startOf(key)) : (startOf(key) ?? startOf(value));
    offset = wanted ?? offset;
    node = value;
  }
  return offset;
}

function childOf(node: unknown, part: string | number): { readonly key: Node | null; readonly value: unknown } {
  if (isMap(node)) {
    const pair = node.items.find(({ key }) => isScalar(key) && String(key.value) === String(part));
    return { key: isNode(pair?.key) ? pair.key : null, value: pair?.value ?? null };
  }
  if (isSeq(node)) return { key: null, value: node.items[Number(part)] ?? null };
  return { key: null, value: null };
}

function startOf(node: unknown): number | null {
  return isNode(node) ? (node.range?.[0] ?? null) : null;
}
