import { open } from "node:fs/promises";
import { messageOf } from "../../lib/failure.ts";

const TOLD_BYTES = 600;
const TOLD_LINES = 4;

/** The end of what a process said, as the second half of a message; empty when it said nothing. */
export async function lastWords(file: string): Promise<string> {
  try {
    await using handle = await open(file);
    const { size } = await handle.stat();
    const from = Math.max(0, size - TOLD_BYTES);
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(TOLD_BYTES), 0, TOLD_BYTES, from);
    const lines = buffer.toString("utf8", 0, bytesRead).trim().split("\n").filter(Boolean).slice(-TOLD_LINES);
    return lines.length === 0 ? "" : `: ${lines.join(" | ")}`;
  } catch (error) {
    return ` (what it said cannot be read: ${messageOf(error)})`;
  }
}
