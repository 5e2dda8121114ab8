/** A reply of Redis. */
export type Reply = string | number | null | RedisError | readonly Reply[];

/** A reply that says that something is wrong. */
export class RedisError {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

/** One command, as Redis reads it. */
export function encodeCommand(words: readonly string[]): string {
  return `*${words.length}\r\n${words.map((word) => `$${Buffer.byteLength(word)}\r\n${word}\r\n`).join("")}`;
}

/** No reply that a check asks for has more in it. */
const MAX_ITEMS = 10_000;

/**
 * The replies in `text`, of bytes as latin1; one that has not come as a whole is left out. Throws when it is something that
 * Redis does not say.
 */
export function decodeReplies(text: string): readonly Reply[] {
  const replies: Reply[] = [];
  for (let at = 0; at < text.length;) {
    const read = readReply(text, at, 0);
    if (read === null) break;
    replies.push(read.reply);
    at = read.end;
  }
  return replies;
}

interface Read {
  readonly reply: Reply;
  readonly end: number;
}

function readReply(text: string, at: number, depth: number): Read | null {
  const lineEnd = text.indexOf("\r\n", at);
  if (depth > 8 || (lineEnd < 0 && !/^[-+:$*_]/.test(text.slice(at))))
    throw new Error("it does not answer as Redis does");
  if (lineEnd < 0) return null;
  const line = text.slice(at + 1, lineEnd);
  const end = lineEnd + 2;
  switch (text[at]) {
    case "+":
      return { reply: line, end };
    case "-":
      return { reply: new RedisError(line), end };
    case ":":
      return { reply: lengthOf(line), end };
    case "$":
      return readBulk(text, end, lengthOf(line));
    case "*":
      return readArray(text, end, lengthOf(line), depth);
    case "_":
      return { reply: null, end };
    default:
      throw new Error("it does not answer as Redis does");
  }
}

function lengthOf(line: string): number {
  if (!/^-?\d{1,15}$/.test(line)) throw new Error("it does not answer as Redis does");
  return Number(line);
}

function readBulk(text: string, at: number, length: number): Read | null {
  if (length < 0) return { reply: null, end: at };
  const end = at + length + 2;
  return end > text.length ? null : { reply: text.slice(at, at + length), end };
}

function readArray(text: string, at: number, length: number, depth: number): Read | null {
  if (length < 0) return { reply: null, end: at };
  if (length > MAX_ITEMS) throw new Error("its answer is too long");
  const items: Reply[] = [];
  let end = at;
  while (items.length < length) {
    const read = end < text.length ? readReply(text, end, depth + 1) : null;
    if (read === null) return null;
    items.push(read.reply);
    end = read.end;
  }
  return { reply: items, end };
}
