import type { GroupRecord } from "./record.ts";
import type { Settings } from "./view.ts";

/**
 * Why a record cannot be this group's: all of its members are strangers here, so another cluster uses the same store. `null`: it may be.
 */
export function strangersIn(record: GroupRecord | null, { group, members }: Settings): string | null {
  if (record === null || record.members.some((name) => members.some(({ member }) => member === name))) return null;
  return `the store has a group "${group}" whose members are ${record.members.join(", ")}, and the configuration names none of them: another cluster uses the same place. Give each a store, or a \`prefix\`, of its own`;
}
