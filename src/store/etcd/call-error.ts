import { status, type ServiceError } from "@grpc/grpc-js";

/** What etcd, or the way to it, answered instead of what was asked for. */
export class CallError extends Error {
  override name = "CallError";
  readonly code: status;
  /** Whether it is certain that etcd never got the question. */
  readonly isUnsent: boolean;

  constructor(code: status, text: string, isUnsent = false) {
    super(text);
    this.code = code;
    this.isUnsent = isUnsent;
  }

  static of({ code, details }: ServiceError): CallError {
    return new CallError(code, plain(details), details.startsWith(NO_CONNECTION));
  }
}

/** How the library says that there was no connection on which the call could have been sent. */
const NO_CONNECTION = "No connection established";

/** The words of an error without what the library puts around them: its instants would make each one look new. */
function plain(details: string): string {
  return details
    .replace(/^No connection established\. Last error: /, "")
    .replace(/ ?Resolution note: .*$/s, "")
    .replaceAll(/ \(\d{4}-\d\d-\d\dT[\d:.]+Z\)/g, "")
    .replace(/^Error: /, "")
    .replace(/^etcdserver: /, "")
    .replace(/\.$/, "")
    .trim();
}

/**
 * What etcd refuses before it proposes a transaction to its members, or without applying it: after these,
 * and only these, it is certain that nothing was changed. (https://github.com/etcd-io/etcd,
 * api/v3rpc/rpctypes/error.go, with where each of them is thrown.)
 */
const REFUSALS =
  /^(no leader|not capable|too many requests|mvcc: database space exceeded|request is too large|too many operations in txn request|duplicate key given in txn request|key is not provided|permission denied|user name is empty|invalid auth token|revision of auth store is old|revision in header is old|authentication failed, invalid user ID or password|authentication is not enabled)$/;

/** Whether a transaction with that answer was certainly not applied, and will not be. */
export function isRefusal({ message }: CallError): boolean {
  return REFUSALS.test(message);
}

/** Whether another token would help: etcd forgets tokens when it restarts, and when its users change. */
export function isAboutToken({ message }: CallError): boolean {
  return /^(invalid auth token|revision of auth store is old|revision in header is old)$/.test(message);
}

/** Whether the same question gets the same answer everywhere until a person has done something. */
export function isLasting(error: CallError): boolean {
  return isRefusal(error) && !isAboutToken(error) && !isPassing(error);
}

/** Whether another member, or this one in a moment, may answer otherwise. */
export function isPassing({ message }: CallError): boolean {
  return /^(no leader|not capable|too many requests)$/.test(message);
}
