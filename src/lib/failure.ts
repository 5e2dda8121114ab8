/**
 * The outside world (network, disk, another program) did not do what was asked, and it is certain that
 * it did not. Every beat survives it. The message says what failed, the state, and what happens next.
 */
export class Failure extends Error {
  override name = "Failure";
}

/**
 * Nobody knows whether what was asked has happened: the answer got lost or came too late.
 * Whoever catches it must find out by reading, never by repeating.
 */
export class UnknownOutcome extends Error {
  override name = "UnknownOutcome";
}

/** A broken invariant of our own. Nothing catches it: the agent stops and the guard shuts the door. */
export class Bug extends Error {
  override name = "Bug";
}

/** A mistake in what the user gave us (a file, an option). Printed without a stack; exit code 2. */
export class UserError extends Error {
  override name = "UserError";
}

/** Throws a {@link Bug} unless `holds`. Stays on in production. */
export function invariant(holds: boolean, what: string): asserts holds {
  if (!holds) throw new Bug(what);
}

/** The message of anything that was thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
