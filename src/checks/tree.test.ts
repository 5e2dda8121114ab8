import assert from "node:assert/strict";
import { test } from "node:test";
import type { HealthState } from "../core/health.ts";
import { leavesOf, treeHealth, type Tree } from "./tree.ts";

type Health = HealthState["health"];
type Leaf = { readonly health: Health };

const HEALTHS: Readonly<Record<string, Health>> = { u: "up", d: "down", "?": "unknown" };
const leaves = (text: string): readonly Tree<Leaf>[] =>
  text.split("").map((letter) => ({ health: HEALTHS[letter] ?? "up" }));

const cases: readonly (readonly [least: number, parts: string, expected: Health])[] = [
  [1, "ud", "up"],
  [1, "d?", "unknown"],
  [1, "dd", "down"],
  [2, "uud", "up"],
  [2, "ud?", "unknown"],
  [2, "udd", "down"],
  [2, "??d", "unknown"],
  [3, "uu?", "unknown"],
  [3, "u?d", "down"],
  [3, "uuu", "up"],
];

for (const [least, parts, expected] of cases)
  test(`${least} of ${parts} is ${expected}`, () =>
    assert.equal(
      treeHealth({ least, of: leaves(parts) }, ({ health }) => health),
      expected,
    ));

test("a tree in a tree counts as one part", () => {
  const tree: Tree<Leaf> = { least: 2, of: [...leaves("u"), { least: 1, of: leaves("du") }, ...leaves("d")] };
  assert.equal(
    treeHealth(tree, ({ health }) => health),
    "up",
  );
  assert.equal(leavesOf(tree).length, 4);
});
