/** The step in which an agent asks the store for a change of the record: traps name it. */
export const CHANGE_ASKED = "store change of the record: ask";
