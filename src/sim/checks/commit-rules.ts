import { sameRule, type Copy } from "../../core/commit-rule.ts";
import type { MakeCheck } from "./check.ts";

/** Rules 6 and 9. */
export const commitRules: MakeCheck = (world) => ({
  proves:
    "the commit rule never weakens without a record: what is in force stands in the record, and old rules go only from the primary that has proven the new one",
  recordChanged(before, after) {
    const isTwice = (of: readonly Copy[]): boolean => new Set(of.map(({ member }) => member)).size < of.length;
    if (after?.commit.some(({ of }) => isTwice(of)) === true)
      world.violated(this, "a commit rule names a member twice, and would take its word for that of two");
    if (before === null || after === null) return;
    const gone = before.commit.filter((rule) => !after.commit.some((kept) => sameRule(kept, rule)));
    if (gone.length === 0) return;
    const stays = before.primary !== null && before.primary === after.primary && before.term === after.term;
    const keepsNewest = after.commit.length === 1 && sameRule(after.commit[0] as never, before.commit.at(-1) as never);
    if (!stays || !keepsNewest)
      world.violated(this, "a commit rule left the record other than by the primary's proof of the newest");
  },
  acknowledged(server) {
    const { record } = world;
    if (record === null || server.isAltered || record.primary !== server.member) return;
    for (const rule of server.rules)
      if (!record.commit.some((recorded) => sameRule(recorded, rule)))
        world.violated(this, `"${server.member}" acknowledges under a rule that the record does not have`);
  },
});
