/** Where things are in the store. One file, so that nobody builds a key by hand. */
export const keys = {
  group: (group: string): string => `group/${group}`,
  session: (node: string): string => `session/${node}`,
  /** What a holder calls out about its own service; see `alarm.ts`. */
  alarm: (group: string): string => `alarm/${group}`,
  secret: (group: string): string => `secret/${group}`,
  /** Who signs the nodes' certificates; see `src/credentials`. */
  authority: "authority",
  /** What lets a new host in, once. */
  token: (id: string): string => `token/${id}`,
  tokens: "token/",
  /** The configuration file that all nodes are to have, since a node joined or left. */
  configuration: "configuration",
  event: (group: string, id: string): string => `event/${group}/${id}`,
  events: (group: string): string => `event/${group}/`,
  groups: "group/",
  sessions: "session/",
} as const;
