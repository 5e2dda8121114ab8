/** Where things are in the store. One file, so that nobody builds a key by hand. */
export const keys = {
  group: (group: string): string => `group/${group}`,
  session: (node: string): string => `session/${node}`,
  /** What a holder calls out about its own service; see `alarm.ts`. */
  alarm: (group: string): string => `alarm/${group}`,
  secret: (group: string): string => `secret/${group}`,
  event: (group: string, id: string): string => `event/${group}/${id}`,
  events: (group: string): string => `event/${group}/`,
  groups: "group/",
  sessions: "session/",
} as const;
