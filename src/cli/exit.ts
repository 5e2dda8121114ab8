/** Why a command ended, as a number that scripts can rely on; the list is also in docs/exit-codes.md. */
export const exitCodes = {
  done: 0,
  failed: 1,
  bad: 2,
  usage: 64,
  unreachable: 69,
  tryAgain: 75,
  notPermitted: 77,
  unsafe: 107,
  late: 124,
} as const;

export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes];

/** What each code means, for the help and the documentation. */
export const exitMeanings: Readonly<Record<ExitCode, string>> = {
  0: "done; asked and all is well",
  1: "failed for a reason not listed here",
  2: "asked, and the answer is bad: not healthy, or the configuration is wrong",
  64: "used wrongly: an unknown command, option or name",
  69: "no agent, or its store, could be reached",
  75: "not now; try again",
  77: "not permitted",
  107: "refused as unsafe; the message says what would make it possible",
  124: "waited in vain; what was asked for may still happen",
};

/** Ends the command with a code; an empty message says that all has been said. */
export class Exit extends Error {
  override name = "Exit";
  readonly code: ExitCode;

  constructor(code: ExitCode, message = "") {
    super(message);
    this.code = code;
  }
}
