/** Which requests go to which group: those for a host, or below a path, or both. */
export interface Rule {
  /** A host without its port, in lower case; `*.example.com`: each one below it; `null`: any. */
  readonly host: string | null;
  /** `/api`: that path and all below it; `null`: any. */
  readonly path: string | null;
  readonly group: string;
}

/** The group of the first rule that a request meets; `null`: it meets none. */
export function groupFor(rules: readonly Rule[], host: string, target: string): string | null {
  if (rules.length === 0) return null;
  const name = withoutPort(host.toLowerCase());
  const path = pathOf(target);
  const met = rules.find((rule) => meetsHost(rule.host, name) && meetsPath(rule.path, path));
  return met?.group ?? null;
}

function meetsHost(wanted: string | null, host: string): boolean {
  if (wanted === null) return true;
  return wanted.startsWith("*.") ? host.endsWith(wanted.slice(1)) : host === wanted;
}

/** A whole part of the path each time: `/api` has nothing to do with `/apiary`. */
function meetsPath(wanted: string | null, path: string): boolean {
  if (wanted === null || path === wanted) return true;
  return path.startsWith(wanted.endsWith("/") ? wanted : `${wanted}/`);
}

function pathOf(target: string): string {
  const end = target.indexOf("?");
  return end < 0 ? target : target.slice(0, end);
}

/** A final dot means the same host. */
function withoutPort(host: string): string {
  return host.replace(/:\d*$/, "").replace(/\.$/, "");
}
