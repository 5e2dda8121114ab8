/** Where in the file's structure something is: keys and indices from the top. */
export type Path = readonly (string | number)[];

/** Something wrong at a place of the structure, not yet at a line. */
export interface Finding {
  readonly path: Path;
  /** Whether the key itself is wrong or what it holds. */
  readonly part: "key" | "value";
  /** What is wrong; what may have been meant; what is expected. */
  readonly text: string;
}

/** Something wrong in a configuration file, for a person and for an editor. */
export interface Problem {
  readonly file: string;
  /** From 1; 0 when it is the file itself. */
  readonly line: number;
  readonly column: number;
  /** Such as `groups.main.members.a`; `""` for the whole. */
  readonly path: string;
  readonly text: string;
}

/** One line, in the form that editors and terminals make clickable. */
export function describeProblem(problem: Problem): string {
  const place = problem.line === 0 ? problem.file : `${problem.file}:${problem.line}:${problem.column}`;
  return `${place}: ${problem.text}`;
}

/** A path as people write it: `groups.main.checks[0].sql`. */
export function describePath(path: Path): string {
  return path.map((part, i) => (typeof part === "number" ? `[${part}]` : i === 0 ? part : `.${part}`)).join("");
}
