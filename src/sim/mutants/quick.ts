/** The mutants that are found out within some seeds, by different checks: for the tests. */
export const QUICK: readonly string[] = [
  "changed-blindly",
  "small-rule-at-take",
  "quorum-off-by-one",
  "worst-takes",
  "take-while-paused",
  "open-at-once",
  "rule-replaced",
  "expiry-without-margin",
];
