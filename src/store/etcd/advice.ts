import { Failure } from "../../lib/failure.ts";
import type { CallError } from "./call-error.ts";

/** A `Failure` that goes on until a person has done something. */
export class LastingFailure extends Failure {}

/** What to do about errors, by their words. */
const ADVICE: readonly (readonly [RegExp, string])[] = [
  [/authentication failed/, "Is `user` right, and the password in `passwordFile`?"],
  [/user name is empty/, "This etcd wants to know who asks: set `user` and `passwordFile`."],
  [
    /authentication is not enabled/,
    "This etcd knows no users: remove `user` and `passwordFile`, or enable them there.",
  ],
  [
    /permission denied/,
    "Is `prefix` right? If so, let the user in: `etcdctl role grant-permission ROLE --prefix=true readwrite PREFIX/`.",
  ],
  [/space exceeded/, "etcd is full: compact and defragment it, then `etcdctl alarm disarm`."],
  [/too large/, "etcd refuses requests above 1.5 MB."],
  [/too many operations/, "etcd refuses transactions of more than 128 steps (`--max-txn-ops`)."],
  [
    /alert (bad certificate|certificate|unknown ca|handshake)|alert number (40|42|45|46|48|116)/i,
    "This etcd does not accept our certificate, or wants one: look at `tls.cert` and `tls.key`, at the date, and at etcd's `--trusted-ca-file`.",
  ],
  [
    /certificate has expired|not yet valid/,
    "A certificate of etcd is out of date: renew it, or put this host's clock right.",
  ],
  [
    /self[- ]signed|unable to (verify|get)|unknown ca/i,
    "etcd's certificate was not signed by a known authority: name the right one in `tls.ca`.",
  ],
  [
    /does not match|altnames/i,
    "etcd's certificate is for another name: use that name in `endpoints`, or renew it with this one.",
  ],
  [
    /wrong version number|packet length too long|before secure TLS connection/i,
    "Does this etcd speak TLS? If not, remove `tls`, or let etcd use it.",
  ],
  [/ENOTFOUND|EAI_AGAIN|cannot be resolved/, "Its name is not known here: look at `endpoints` and at this host's DNS."],
  [/ECONNREFUSED/, "Nothing listens there: is etcd running, and is `endpoints` right?"],
  [
    /ECONNRESET|socket hang up|was ended|Protocol error/i,
    "The connection was ended: does this etcd want TLS (`tls`), or a client's certificate (`tls.cert` and `tls.key`)? Does this etcd speak TLS, if `tls` is set?",
  ],
  [/no leader|leader changed|timed out/, "Its members have no leader: most of them must run and reach each other."],
  [/no answer|no connection/, "Is etcd hung, most of it gone, or the network slow?"],
];

/** What to do about an error with these words; empty when nobody knows. */
function adviceFor(text: string): string {
  return ADVICE.find(([words]) => words.test(text))?.[1] ?? "";
}

/** `doing` failed at one endpoint or at all: in words, with what to do. */
export function explain(doing: string, troubles: ReadonlyMap<string, CallError>): string {
  const parts = [...troubles].map(([endpoint, { message }]) => `${endpoint}: ${message}`);
  const advice = [...new Set([...troubles.values()].map(({ message }) => adviceFor(message)))].filter(Boolean);
  return [`Cannot ${doing} the store in etcd (${parts.join("; ") || "no answer"}).`, ...advice].join(" ");
}
