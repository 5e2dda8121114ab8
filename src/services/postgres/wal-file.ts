/** The file that holds the log of `timeline` at segment number `segment`. */
export function walFile(timeline: number, segment: number, segmentBytes: number): string {
  const perHigh = 2 ** 32 / segmentBytes;
  return [timeline, Math.floor(segment / perHigh), segment % perHigh].map(hex8).join("");
}

/** The segment's number in the log of `timeline` that the file `name` holds; -1 when it holds none. */
export function segmentIn(name: string, timeline: number, segmentBytes: number): number {
  if (!/^[0-9A-F]{24}$/.test(name) || !name.startsWith(hex8(timeline))) return -1;
  const [high, low] = [name.slice(8, 16), name.slice(16)].map((part) => Number.parseInt(part, 16));
  return (high ?? 0) * (2 ** 32 / segmentBytes) + (low ?? 0);
}

/** The file that holds the history of `timeline`. */
export function historyFile(timeline: number): string {
  return `${hex8(timeline)}.history`;
}

function hex8(number: number): string {
  return number.toString(16).toUpperCase().padStart(8, "0");
}
