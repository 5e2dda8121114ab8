/** The first lines of an answer. */
export interface HttpHead {
  readonly status: number;
  /** What the headers of a name say, joined; `""`: there is none. */
  readonly header: (name: string) => string;
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
  const status = Number(/^HTTP\/1\.[01] (\d{3})(?=\s|$)/.exec(text)?.[1] ?? 0);
  if (status < 100) throw new Error("it does not speak HTTP");
  return { status, header: (name) => valuesOf(text, name).join(", ") };
}

function valuesOf(head: string, name: string): readonly string[] {
  return head
    .split(/\r?\n/)
    .filter((line) => line.toLowerCase().startsWith(`${name.toLowerCase()}:`))
    .map((line) => line.slice(name.length + 1).trim());
}
