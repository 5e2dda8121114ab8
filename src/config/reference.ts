import { expanded, type Shape } from "./shape.ts";

const HEAD = `# Configuration

One YAML file describes everything: the cluster, where its agents agree (the store), its nodes, its groups and how
clients get to them. Every node reads the same file. \`understudy check\` says what is wrong with it, with line and column.

- Durations have a unit: \`300ms\`, \`1.5s\`, \`2m\`, \`1h\`. So have sizes: \`64kB\`, \`16MB\`, \`1GB\` (steps of 1024).
- Relative paths are relative to the file.
- Names (of clusters, nodes, groups, routes) have 1 to 24 lower-case letters, digits and hyphens. \`NAME\` below stands
  for one that you give, \`[]\` for each entry of a list.
- It is YAML 1.2: \`off\`, \`on\`, \`yes\` and \`no\` are texts, not truth values.
- Editors complete and check it with the schema beside the examples: begin the file with
  \`# yaml-language-server: $schema=understudy.schema.json\`.

This page and that schema are generated from the program (\`node src/config/generate.ts\`). Whole files to begin with are in
[\`examples/\`](../examples).
`;

/** The reference page of all settings, as Markdown. */
export function renderReference(shape: Shape): string {
  return `${HEAD}${sections(expanded(shape), "", 2)}`;
}

function sections(shape: Shape, path: string, level: number): string {
  return Object.entries(shape.properties ?? {})
    .filter(([key]) => key !== "$schema")
    .map(([key, part]) => {
      const isNeeded = shape.required?.includes(key) === true;
      return section(part, path === "" ? key : `${path}.${key}`, level, isNeeded);
    })
    .join("");
}

function section(shape: Shape, path: string, level: number, isNeeded: boolean): string {
  const lines = [`\n${"#".repeat(level)} \`${path}\`\n`, `${facts(shape, isNeeded)}\n`, `${shape.description ?? ""}\n`];
  const effects = [shape.lower && `- Lower: ${shape.lower}`, shape.higher && `- Higher: ${shape.higher}`].filter(
    Boolean,
  );
  if (effects.length > 0) lines.push(`${effects.join("\n")}\n`);
  return lines.join("\n") + inner(shape, path, Math.min(level + 1, 5));
}

function inner(shape: Shape, path: string, level: number): string {
  if (shape.items?.properties) return sections(shape.items, `${path}[]`, level);
  const each = typeof shape.additionalProperties === "object" ? shape.additionalProperties : null;
  return each?.properties ? sections(each, `${path}.NAME`, level) : sections(shape, path, level);
}

/** One line in italics: the kind of value, its bounds, and whether it must be there. */
function facts(shape: Shape, isNeeded: boolean): string {
  const parts = [kindOf(shape), bounds(shape), presence(shape, isNeeded)];
  return `*${parts.filter(Boolean).join(", ")}*`;
}

function kindOf(shape: Shape): string {
  if (shape.enum) return `one of ${shape.enum.map((word) => `\`${word}\``).join(", ")}`;
  if (shape.kind) return shape.kind;
  if (shape.type === "array") return listOf(shape.items);
  if (shape.maxProperties === 1) return "exactly one of the following";
  return typeof shape.additionalProperties === "object" ? "settings by name" : "settings";
}

function listOf(items: Shape | undefined): string {
  if (items?.kind) return `list of ${plural(items.kind)}`;
  return items?.$ref ? `list of ${plural(items.$ref.replace("#/$defs/", ""))}, of which each is as above` : "list";
}

function plural(kind: string): string {
  return kind.endsWith("s") ? `${kind}es` : `${kind}s`;
}

function bounds(shape: Shape): string {
  return shape.bounds ?? (shape.maximum === undefined ? "" : `${shape.minimum} to ${shape.maximum}`);
}

function presence(shape: Shape, isNeeded: boolean): string {
  if (isNeeded) return "needed";
  const value = shape.default;
  return typeof value === "string" || typeof value === "number" ? `default \`${value}\`` : "";
}

/** The JSON Schema for editors: what only the reference page uses is folded into the descriptions. */
export function editorSchema(shape: Shape): object {
  return { ...plain(shape, []), title: "Understudy's configuration" };
}

const OURS: readonly string[] = ["kind", "bounds", "lower", "higher"];

function plain(shape: Shape, path: readonly string[]): object {
  const entries = Object.entries(shape)
    .filter(([key]) => path.at(-1) === "properties" || !OURS.includes(key))
    .map(([key, value]) => [key, isObject(value) ? plain(value, [...path, key]) : value]);
  const described = path.at(-1) === "properties" ? {} : description(shape);
  return { ...Object.fromEntries(entries), ...described };
}

function description(shape: Shape): object {
  const { description, bounds, lower, higher } = shape;
  if (description === undefined) return {};
  const parts = [description, bounds && `(${bounds})`, lower && `Lower: ${lower}`, higher && `Higher: ${higher}`];
  return { description: parts.filter(Boolean).join(" ") };
}

function isObject(value: unknown): value is Shape {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
