import { worstHealth, type HealthState } from "../core/health.ts";

type Health = HealthState["health"];

/** A check, or several under one verdict. */
export type Tree<T> = T | Composed<T>;

export interface Composed<T> {
  readonly least: number;
  readonly of: readonly Tree<T>[];
}

/** What is told about a member: `slow` is up, and late with its answers. */
export type ToldHealth = Health | "slow";

/**
 * The verdict over a tree: `up` once enough parts are, `down` once too few can be, else `unknown`. `healthOf` knows the
 * verdict of each check.
 */
export function treeHealth<T extends object>(tree: Tree<T>, healthOf: (check: T) => Health): Health {
  if (!isComposed(tree)) return healthOf(tree);
  return atLeast(
    tree.least,
    tree.of.map((part) => treeHealth(part, healthOf)),
  );
}

function atLeast(least: number, healths: readonly Health[]): Health {
  if (least === healths.length) return worstHealth(healths);
  const up = healths.filter((health) => health === "up").length;
  const down = healths.filter((health) => health === "down").length;
  if (up >= least) return "up";
  return healths.length - down < least ? "down" : "unknown";
}

/** All checks of a tree, from left to right. */
export function leavesOf<T extends object>(tree: Tree<T>): readonly T[] {
  return isComposed(tree) ? tree.of.flatMap((part) => leavesOf(part)) : [tree];
}

/** The tree with something else in the place of each check. */
export function mapTree<T extends object, U extends object>(tree: Tree<T>, make: (check: T) => U): Tree<U> {
  return isComposed(tree) ? { least: tree.least, of: tree.of.map((part) => mapTree(part, make)) } : make(tree);
}

function isComposed<T extends object>(tree: Tree<T>): tree is Composed<T> {
  return "of" in tree && "least" in tree;
}
