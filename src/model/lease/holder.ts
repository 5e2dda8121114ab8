/** Whether the store applies a renewal: `agent/session-keeper.ts` has it compare the held record, too. */
export function renewalApplies(recordStillNamesIt: boolean): boolean {
  return recordStillNamesIt;
}
