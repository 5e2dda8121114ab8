import type { Copy } from "../../core/commit-rule.ts";
import { invariant } from "../../lib/failure.ts";

/** PostgreSQL cuts a longer `application_name` off. */
const LONGEST_NAME = 63;

/** What a standby declares in `application_name`: which copy it is, and whose term it follows. */
export interface Declared extends Copy {
  readonly term: number;
}

/**
 * The `application_name` with which `copy` follows the primary of `term`. Acknowledgements count by this
 * name, so a copy that was made anew, or that still follows an earlier term, is not counted.
 */
export function standbyName(copy: Copy, term: number): string {
  const name = `understudy:${copy.member}:${copy.incarnation}:${term}`;
  invariant(name.length <= LONGEST_NAME, `the name "${name}" is longer than ${LONGEST_NAME} characters`);
  return name;
}

/** What a name of {@link standbyName} says; `null` for any other name. */
export function parseStandbyName(name: string): Declared | null {
  const parts = /^understudy:([^:"]+):([0-9a-f]{16}):(\d+)$/.exec(name);
  if (parts?.[1] === undefined || parts[2] === undefined) return null;
  return { member: parts[1], incarnation: parts[2], term: Number(parts[3]) };
}
