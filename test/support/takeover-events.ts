import type { EventKind, GroupEvent } from "../../src/core/event.ts";

const BEGAN_AT_MS = Date.UTC(2026, 10, 22, 10, 31, 7, 123);

type Told = readonly [atMs: number, node: string, term: number, kind: EventKind, rule: string, because: string];

/** Events of the group "main", each `atMs` milliseconds after the first. */
export function eventsOf(told: readonly Told[], details: GroupEvent["details"] = {}): GroupEvent[] {
  return told.map(([atMs, node, term, kind, rule, because]) => ({
    id: `${(BEGAN_AT_MS + atMs) * 1000}-${node}`,
    atMs: BEGAN_AT_MS + atMs,
    group: "main",
    node,
    term,
    kind,
    rule,
    because,
    details: kind === "taken" ? details : {},
  }));
}

/** A primary that was killed, and what came of it. */
export const killedPrimary: readonly Told[] = [
  [0, "a", 7, "vacated", "service-died", "the postmaster ended by SIGKILL and all its processes are gone"],
  [1.2, "b", 7, "suspected", "primary-refuses", 'the stream from "a" ended and its service refuses connections'],
  [4, "c", 7, "sealed", "seal-vacant", "the record is vacant; my data ends at 7/50331648"],
  [4.4, "b", 7, "sealed", "seal-vacant", "the record is vacant; my data ends at 7/50331904"],
  [9.1, "b", 8, "taken", "take", 'sealed: b, c; I have the most, 256 bytes more than "c"'],
  [70.3, "b", 8, "promoted", "promote", "the record names me in term 8"],
  [84, "b", 8, "opened", "open", 'the first entry of term 8 is on the disk of "c"'],
  [700, "a", 8, "rejoining", "rewind", "my data goes 128 bytes beyond the fork"],
  [3210, "a", 8, "rejoined", "follow", 'streaming from "b"'],
];
