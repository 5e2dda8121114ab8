/** A place in the write-ahead log, `16/B374D848`, as a number of bytes. */
export function parseLsn(text: string): number {
  const [high = "", low = ""] = text.split("/");
  return Number.parseInt(high, 16) * 2 ** 32 + Number.parseInt(low, 16);
}

/** A number of bytes as PostgreSQL writes a place in its write-ahead log. */
export function formatLsn(offset: number): string {
  const high = Math.floor(offset / 2 ** 32);
  return `${high.toString(16).toUpperCase()}/${(offset % 2 ** 32).toString(16).toUpperCase()}`;
}
