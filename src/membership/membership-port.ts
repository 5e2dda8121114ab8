import type { Token } from "./token.ts";

/** What the API needs to let hosts in and out. */
export interface MembershipPort {
  createToken(wish: TokenWish): Promise<Result<Token>>;
  join(request: JoinRequest): Promise<Result<Welcome>>;
  leave(request: LeaveRequest): Promise<Result<{ readonly number: number }>>;
}

/** `refused`: not now or not so, and why. */
export type Result<T> =
  | { readonly outcome: "done"; readonly value: T }
  | { readonly outcome: "refused"; readonly text: string };

export interface TokenWish {
  /** The only node that it is to let in; `null`: any. */
  readonly node: string | null;
  readonly validMs: number;
  readonly by: string;
}

export interface JoinRequest {
  readonly id: string;
  readonly secret: string;
  readonly node: string;
  /** By which the others reach it. */
  readonly host: string;
  readonly zone: string | null;
}

/** What a host that was let in needs. */
export interface Welcome {
  readonly cluster: string;
  readonly number: number;
  /** The store that counts so. */
  readonly storeId: string;
  /** The configuration file. */
  readonly text: string;
  /** What gives it access to the store: files by the paths that the configuration names, and no others. */
  readonly files: readonly { readonly path: string; readonly text: string }[];
}

export interface LeaveRequest {
  readonly node: string;
  readonly by: string;
}
