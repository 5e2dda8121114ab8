import { z } from "zod";
import { questionKinds } from "./schema-questions.ts";
import { count, list, oneOf, setting, settings } from "./words.ts";

type FileQuestion = z.infer<ReturnType<typeof questions>>;

/** When a check is tried, as the file says it. */
export type FileTimes = NonNullable<FileQuestion["tcp"]>;

/** One entry of a group's checks: exactly one of its keys is there. */
export type FileCheck = FileQuestion & {
  readonly any?: readonly FileCheck[] | undefined;
  readonly all?: readonly FileCheck[] | undefined;
  readonly atLeast?: { readonly count: number; readonly of: readonly FileCheck[] } | undefined;
};

function questions() {
  return oneOf(questionKinds, "a check");
}

const some = () =>
  list(
    z.lazy(() => checkSchema),
    "a list of checks",
  ).min(1, { error: "one check at least" });

/** A check of a member's service: a question, or several under one verdict. */
export const checkSchema: z.ZodType<FileCheck> = oneOf(
  {
    ...questionKinds,
    any: setting(some().optional(), { text: "Checks of which one must be good: this one is `down` when all are." }),
    all: setting(some().optional(), { text: "Checks that must all be good, as one entry of another list." }),
    atLeast: setting(
      settings(
        {
          count: setting(count(1, 100), {
            text: "So many must be good.",
            lower: "More of them may fail.",
            higher: "Fewer of them may fail.",
          }),
          of: setting(some(), { text: "The checks." }),
        },
        "count, and the checks in of",
      ).optional(),
      { text: "Checks of which so many must be good." },
    ),
  },
  "a check",
).meta({ id: "check" });
