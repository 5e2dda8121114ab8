import { stripVTControlCharacters } from "node:util";

const GAP = "  ";

/** How wide a text is on a terminal. */
function widthOf(text: string): number {
  return stripVTControlCharacters(text).length;
}

/** Rows as aligned lines; where they would be wider than `width`, columns are left out from the right (never the first two). */
export function layTable(rows: readonly (readonly string[])[], width: number): readonly string[] {
  const widths = (rows[0] ?? []).map((_, i) => Math.max(...rows.map((row) => widthOf(row[i] ?? ""))));
  let columns = widths.length;
  const total = (): number => widths.slice(0, columns).reduce((sum, w) => sum + w, GAP.length * (columns - 1));
  while (columns > 2 && total() > width) columns--;
  return rows.map((row) =>
    row
      .slice(0, columns)
      .map((cell, i) => cell + " ".repeat(Math.max(0, (widths[i] ?? 0) - widthOf(cell))))
      .join(GAP)
      .trimEnd(),
  );
}

/** `text` in lines of at most `width`, broken between words; words that are longer stay whole. */
export function wrap(text: string, width: number): readonly string[] {
  const lines: string[] = [];
  for (const word of text.split(" ")) {
    const line = lines.at(-1);
    if (line !== undefined && widthOf(line) + 1 + widthOf(word) <= width) lines[lines.length - 1] = `${line} ${word}`;
    else lines.push(word);
  }
  return lines;
}

/** `head`, then `text` beside it, wrapped with its further lines below its first. */
export function hang(head: string, text: string, width: number): readonly string[] {
  const indent = widthOf(head);
  const room = Math.max(30, width - indent);
  return wrap(text, room).map((line, i) => (i === 0 ? head : " ".repeat(indent)) + line);
}
