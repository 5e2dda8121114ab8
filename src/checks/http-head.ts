/** The first lines of an answer. */
export interface HttpHead {
  readonly status: number;
  /** By their names in lower case; those of one name are joined. */
  readonly headers: ReadonlyMap<string, string>;
}

/** More than servers send before a body. */
const MAX_HEAD_LETTERS = 64 * 1024;

/** A request that asks for an answer and the end of the connection. Throws when something in it would break its lines. */
export function encodeHttpRequest(method: string, path: string, host: string): string {
  const lines = [`${method} ${path} HTTP/1.1`, `Host: ${host}`, "User-Agent: understudy check", "Accept: */*"];
  if (lines.some((line) => /[^\t -~\x80-\xff]/.test(line)))
    throw new Error("the path or the host has a forbidden letter");
  return `${lines.join("\r\n")}\r\nConnection: close\r\n\r\n`;
}

/** The head that `text` begins with; `null`: it has not come as a whole. Interim answers (1xx) are passed over. Throws when it is none. */
export function decodeHttpHead(text: string): HttpHead | null {
  for (let from = 0; ;) {
    if (!"HTTP/1.".startsWith(text.slice(from, from + 7))) throw new Error("it does not speak HTTP");
    const end = /\r?\n\r?\n/g;
    end.lastIndex = from;
    const found = end.exec(text);
    if (found === null && text.length > MAX_HEAD_LETTERS) throw new Error("its answer's head is too long");
    if (found === null) return null;
    const head = headOf(text.slice(from, found.index));
    if (head.status >= 200 || head.status === 101) return head;
    from = end.lastIndex;
  }
}

function headOf(text: string): HttpHead {
  const [first = "", ...lines] = text.split(/\r?\n/);
  const status = Number(/^HTTP\/1\.[01] (\d{3})( |$)/.exec(first)?.[1] ?? 0);
  if (status < 100) throw new Error("it does not speak HTTP");
  const headers = new Map<string, string>();
  for (const line of lines) {
    const [, name = "", value = ""] = /^([^:\s]+):[ \t]*(.*?)[ \t]*$/.exec(line) ?? [];
    const key = name.toLowerCase();
    const before = headers.get(key);
    headers.set(key, before === undefined ? value : `${before}, ${value}`);
  }
  return { status, headers };
}
