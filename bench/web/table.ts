/** Rows as lines; the first one is the head. The columns named in `words` stand at the left, figures at the right. */
export function aligned(rows: readonly (readonly string[])[], words: ReadonlySet<string>): string {
  const head = rows[0] ?? [];
  const widths = head.map((_, column) => Math.max(...rows.map((row) => (row[column] ?? "").length)));
  return rows
    .map((row) =>
      row
        .map((cell, i) => (words.has(head[i] ?? "") ? cell.padEnd(widths[i] ?? 0) : cell.padStart(widths[i] ?? 0)))
        .join("  ")
        .trimEnd(),
    )
    .join("\n");
}
