/**
 * An agent mostly waits, and what it does in a takeover it does once: nothing in it is compiled for speed. That
 * is 8 MB less, and leaves the processors to its database. Not for what carries traffic. The same stands in `scripts/bootstrap.mjs`.
 */
const AGENT_FLAGS = ["--no-opt", "--no-maglev"];

/** How to run the command `args` of the program at `main` with the Node that runs this. */
export function nodeArguments(main: string, args: readonly string[]): readonly string[] {
  const inherited = process.execArgv.filter((flag) => !AGENT_FLAGS.includes(flag));
  return [...inherited, ...(args.includes("agent") ? AGENT_FLAGS : []), main, ...args];
}
