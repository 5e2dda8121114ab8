/** The file that holds the log of `timeline` at segment number `segment`. */
export function walFile(timeline: number, segment: number, segmentBytes: number): string {
  const perHigh = 2 ** 32 / segmentBytes;
  return [timeline, Math.floor(segment / perHigh), segment % perHigh].map(hex8).join("");
}

/** The file that holds the history of `timeline`. */
export function historyFile(timeline: number): string {
  return `${hex8(timeline)}.history`;
}

function hex8(number: number): string {
  return number.toString(16).toUpperCase().padStart(8, "0");
}
