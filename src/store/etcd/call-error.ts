/** What etcd, or the way to it, answered instead of what was asked for. */
export class CallError extends Error {
  override name = "CallError";
  /** Whether it is certain that etcd never looked at the question. */
  readonly isUnsent: boolean;
  /** Whether etcd itself said it. */
  readonly isOfEtcd: boolean;

  constructor(text: string, isUnsent = false, isOfEtcd = false) {
    super(text);
    this.isUnsent = isUnsent;
    this.isOfEtcd = isOfEtcd;
  }

  /** An error that etcd answered with, in its own words. */
  static ofEtcd(text: string): CallError {
    return new CallError(text.replace(/^etcdserver: /, ""), false, true);
  }
}

/**
 * What etcd refuses before it proposes a transaction to its members, or without applying it: after these,
 * and only these, it is certain that nothing was changed. Not `database space exceeded`: the transaction that
 * fills etcd up is applied, and answered with that (https://github.com/etcd-io/etcd, `quotaApplierV3`).
 */
const REFUSALS =
  /^(no leader|not capable|too many requests|request is too large|too many operations in txn request|duplicate key given in txn request|key is not provided|permission denied|user name is empty|invalid auth token|revision of auth store is old|authentication failed, invalid user ID or password|authentication is not enabled)$/;

/** Whether a transaction with that answer was certainly not applied, and will not be. */
export function isRefusal({ message, isOfEtcd }: CallError): boolean {
  return isOfEtcd && REFUSALS.test(message);
}

/** Whether another token would help: etcd forgets tokens when it restarts, and when its users change. */
export function isAboutToken({ message }: CallError): boolean {
  return /^(invalid auth token|revision of auth store is old)$/.test(message);
}

/** Whether the same question gets the same answer everywhere until a person has done something. */
export function isLasting(error: CallError): boolean {
  return isRefusal(error) && !isAboutToken(error) && !isPassing(error);
}

/** Whether another member, or this one in a moment, may answer otherwise. */
export function isPassing({ message }: CallError): boolean {
  return /^(no leader|not capable|too many requests)$/.test(message);
}
