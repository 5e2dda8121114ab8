import { setPriority } from "node:os";

/** Above programs that merely work, below those that keep the host alive. */
const PROMPT = -10;

/**
 * Lets this process go first when the processors are busy: a takeover happens when everything else wants
 * them too. Not permitted to everybody, and then left as it is. Processes that it starts are put back by
 * {@link usualPriority}.
 */
export function promptPriority(): void {
  prioritise(0, PROMPT);
}

/** Gives a program that was just started the usual priority: it has inherited ours. */
export function usualPriority(pid: number | undefined): void {
  if (pid !== undefined) prioritise(pid, 0);
}

function prioritise(pid: number, priority: number): void {
  try {
    setPriority(pid, priority);
  } catch {
    return;
  }
}
