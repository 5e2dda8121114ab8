const MS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };
const BYTES: Readonly<Record<string, number>> = {
  B: 1,
  kB: 1024,
  KB: 1024,
  KiB: 1024,
  MB: 1024 ** 2,
  MiB: 1024 ** 2,
  GB: 1024 ** 3,
  GiB: 1024 ** 3,
  TB: 1024 ** 4,
  TiB: 1024 ** 4,
};

/** What {@link parseDuration} reads, as a regular expression for schemas and editors. */
export const DURATION: RegExp = /^(\d+(?:\.\d+)?)(ms|s|m|h|d)$/;

/** What {@link parseSize} reads. */
export const SIZE: RegExp = /^(\d+(?:\.\d+)?)(B|kB|KB|KiB|MB|MiB|GB|GiB|TB|TiB)$/;

/** Milliseconds of text such as `300ms`, `1.5s`, `2m`; `null` when it is no duration. */
export function parseDuration(text: string): number | null {
  return parse(text, DURATION, MS);
}

/** Bytes of text such as `64kB`, `16MB`; steps of 1024, as PostgreSQL counts them. `null` when it is no size. */
export function parseSize(text: string): number | null {
  return parse(text, SIZE, BYTES);
}

function parse(text: string, shape: RegExp, units: Readonly<Record<string, number>>): number | null {
  const [, amount, unit] = shape.exec(text) ?? [];
  const factor = units[unit ?? ""];
  return factor === undefined ? null : Math.round(Number(amount) * factor);
}

/** A duration for people, with about three digits: `84 ms`, `1.24 s`, `3 min 5 s`, `2 h 10 min`. */
export function formatMs(ms: number): string {
  if (ms < 999.5) return `${Math.round(ms)} ms`;
  if (ms < 9_995) return `${(ms / 1000).toFixed(2)} s`;
  if (ms < 59_950) return `${(ms / 1000).toFixed(1)} s`;
  const seconds = Math.round(ms / 1000);
  if (seconds < 3600) return inTwo(seconds, 60, "min", "s");
  const minutes = Math.round(seconds / 60);
  if (minutes < 48 * 60) return inTwo(minutes, 60, "h", "min");
  return `${Math.round(minutes / 60 / 24)} d`;
}

function inTwo(amount: number, per: number, large: string, small: string): string {
  const rest = amount % per;
  return `${Math.floor(amount / per)} ${large}${rest === 0 ? "" : ` ${rest} ${small}`}`;
}

/** A size for people: `0 B`, `1.5 MB`. */
export function formatBytes(bytes: number): string {
  if (bytes < 1024) return `${bytes} B`;
  for (const [unit, next] of [
    ["kB", "MB"],
    ["MB", "GB"],
    ["GB", "TB"],
  ] as const) {
    const amount = bytes / (BYTES[unit] ?? 1);
    if (bytes < (BYTES[next] ?? 1)) return `${amount < 10 ? amount.toFixed(1) : Math.round(amount)} ${unit}`;
  }
  return `${(bytes / 1024 ** 4).toFixed(1)} TB`;
}
