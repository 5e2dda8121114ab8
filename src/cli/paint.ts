import { styleText } from "node:util";

/** How a piece of text is meant; a terminal shows it in colour. */
export interface Paint {
  head(text: string): string;
  dim(text: string): string;
  good(text: string): string;
  warn(text: string): string;
  bad(text: string): string;
}

const asItIs = (text: string): string => text;

/** No colours: for files, pipes, `--no-color` and `NO_COLOR`. */
export const plainPaint: Paint = { head: asItIs, dim: asItIs, good: asItIs, warn: asItIs, bad: asItIs };

const styled =
  (style: Parameters<typeof styleText>[0]) =>
  (text: string): string =>
    styleText(style, text, { validateStream: false });

/** Colours of the terminal's own palette. */
export const colorPaint: Paint = {
  head: styled("bold"),
  dim: styled("dim"),
  good: styled("green"),
  warn: styled("yellow"),
  bad: styled("red"),
};
