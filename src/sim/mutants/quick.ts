/** The mutants that are found out within some seeds, one for each thing that is watched: for the tests. */
export const QUICK: readonly string[] = [
  "open-at-once",
  "small-rule-at-take",
  "last-is-not-kept",
  "worst-takes",
  "superseded-goes-on",
  "rule-dropped-before-force",
  "changed-blindly",
  "quorum-any",
];
