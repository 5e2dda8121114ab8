import type { MakeCheck } from "./check.ts";

/** Only the primary of an open term changes who belongs to the group. */
export const members: MakeCheck = (world) => ({
  proves: "who leaves the group is counted on by no commit rule and is not its primary; an open term's primary says so",
  recordChanged(before, after) {
    if (before === null || after === null) return;
    const left = before.members.filter((member) => !after.members.includes(member));
    const joined = after.members.filter((member) => !before.members.includes(member));
    if (left.length > 0) world.mark("a member left the group");
    if (joined.length > 0) world.mark("a member joined the group");
    if (left.length + joined.length === 0) return;
    const stays = before.primary !== null && before.primary === after.primary && before.term === after.term;
    if (!stays || !after.open) world.violated(this, "the members changed other than by the primary of an open term");
    const counted = [
      after.primary,
      ...[...before.commit, ...after.commit].flatMap(({ of }) => of.map((c) => c.member)),
    ];
    const missed = left.find((member) => counted.includes(member));
    if (missed !== undefined) world.violated(this, `"${missed}" has left, and a commit rule counts on it`);
  },
});
