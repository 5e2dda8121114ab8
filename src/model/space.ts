import type { Spent } from "./state.ts";

/** A group to explore, and how far: what is not within the bounds does not happen. */
export interface Bounds {
  readonly name: string;
  /** What it is about, for whoever reads the output. */
  readonly about: string;
  readonly members: number;
  readonly need: number;
  readonly lossless: "strict" | "preferred" | "off";
  readonly terms: number;
  /** Begins with a record that was just founded, instead of a group that serves in term 1. */
  readonly founding?: boolean;
  /** How often each fault, wish or write may happen; what is not named does not. */
  readonly most: Partial<Spent>;
}
