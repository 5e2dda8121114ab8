/** What a process that serves and the one that keeps it say to each other. */
export type Message =
  /** It listens. */
  | { readonly says: "ready" }
  /** Another one listens beside you: take nobody any more, and end when nobody is left. */
  | { readonly says: "retire" }
  /** To whoever keeps it: ask all the others. To one that serves: answer. */
  | { readonly says: "ask"; readonly id: number; readonly topic: string; readonly question: unknown }
  | { readonly says: "answer"; readonly id: number; readonly answer: unknown }
  /** Those of the others that have come in time. */
  | { readonly says: "answers"; readonly id: number; readonly answers: readonly unknown[] };

/** Under this topic a process tells what an operator has changed since its start. */
export const STATE_TOPIC = "state";

/** Where a process finds what an operator has changed in the one before, and the how manieth of its generation it is. */
export const STATE_VARIABLE = "UNDERSTUDY_STATE";
export const INDEX_VARIABLE = "UNDERSTUDY_INDEX";
