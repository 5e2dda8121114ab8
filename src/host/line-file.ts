import { open } from "node:fs/promises";
import { readIfThere, writeDurably } from "./durable-file.ts";

/** A file of lines to which lines are added. */
export interface LineFile {
  /** What it is called in messages. */
  readonly name: string;
  /** The lines that it held when it was opened. One that a crash cut off is gone: what comes next must not be joined to it. */
  readonly before: readonly string[];
  /** Resolves once the line is on disk for good; rejects when nobody knows that it is. */
  append(line: string): Promise<void>;
  close(): Promise<void>;
}

/** Beyond that many lines a file is started anew with its last one when it is opened. */
const LINES_KEPT = 1000;

/** Opens `file`, making it if it is not there; with `forget` its lines are dropped first. Rejects with a `Failure` when it is there and cannot be read: that is not an empty one. */
export async function openLineFile(file: string, forget: boolean): Promise<LineFile> {
  const text = forget ? "" : ((await readIfThere(file)) ?? "");
  const isCutOff = text !== "" && !text.endsWith("\n");
  const whole = text
    .split("\n")
    .slice(0, -1)
    .filter((line) => line !== "");
  const before = whole.length > LINES_KEPT ? whole.slice(-1) : whole;
  if (forget || isCutOff || before !== whole) await writeDurably(file, before.map((line) => `${line}\n`).join(""));
  const handle = await open(file, "a", 0o600);
  // A disk that gets full takes a part of a line; the next one must not be joined to it.
  let mayBeCutOff = false;
  const append = async (line: string): Promise<void> => {
    const text = mayBeCutOff ? `\n${line}\n` : `${line}\n`;
    mayBeCutOff = true;
    await handle.appendFile(text);
    await handle.datasync();
    mayBeCutOff = false;
  };
  return { name: file, before, append, close: () => handle.close() };
}
