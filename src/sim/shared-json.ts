/** How records and sessions begin; all other texts are nobody's business here. */
const OURS = '{"format":1,';

/** More than the store of one world holds at a time. */
const KEPT = 200;

/**
 * Has `JSON.parse` give the same object for the same record or session. All agents of a world live in one process and read the
 * same records and sessions again and again; to parse each every time would take a third of a seed. What is shared is
 * frozen: production code that changed what it has read would be found out.
 */
export function shareParsed(): void {
  const { parse } = JSON;
  const known = new Map<string, unknown>();
  JSON.parse = (text: string, reviver?: Parameters<typeof parse>[1]): unknown => {
    if (reviver !== undefined || !text.startsWith(OURS)) return parse(text, reviver);
    const before = known.get(text);
    if (before !== undefined) return before;
    if (known.size >= KEPT) known.clear();
    const value = frozen(parse(text));
    known.set(text, value);
    return value;
  };
}

function frozen(value: unknown): unknown {
  if (typeof value !== "object" || value === null) return value;
  for (const part of Object.values(value)) frozen(part);
  return Object.freeze(value);
}
