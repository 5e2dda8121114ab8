import type { GroupRecord } from "./record.ts";

/**
 * The holder's own word that its service is failing and is being ended, written before that is done: the
 * standbys need not find out by themselves. It only leads to a suspicion, so it may be late, lost or stale.
 */
export interface Alarm {
  readonly term: number;
  readonly session: string;
  readonly because: string;
}

/** Whether an alarm is about the term and the session that the record names. */
export function isAbout(alarm: Alarm | null, record: GroupRecord): alarm is Alarm {
  return alarm !== null && record.primary !== null && alarm.term === record.term && alarm.session === record.session;
}
