/** How a member's service is checked: one question, or several under one verdict. */
export type CheckConfig = QuestionConfig | ComposedConfig;

/** Several checks whose verdicts make one. */
export interface ComposedConfig {
  readonly kind: "composed";
  /** So many of them must be good. */
  readonly least: number;
  readonly of: readonly CheckConfig[];
}

/** One question to a member's service, by its kind. */
export type QuestionConfig =
  | TcpCheckConfig
  | SqlCheckConfig
  | HttpCheckConfig
  | GrpcCheckConfig
  | RedisCheckConfig
  | ExecCheckConfig
  | FileCheckConfig
  | ProcessCheckConfig;

/** When it is asked, and what changes its verdict. */
export interface CheckTimesConfig {
  readonly intervalMs: number;
  /** The interval while the last answer speaks against the verdict. */
  readonly inDoubtMs: number;
  readonly timeoutMs: number;
  readonly rise: number;
  readonly fall: number;
  /** A good answer that takes longer is slow; `null`: none is. */
  readonly slowMs: number | null;
  /** So many changes of the verdict within ten minutes are believed; 0: all of them. */
  readonly flaps: number;
}

export interface TcpCheckConfig extends CheckTimesConfig {
  readonly kind: "tcp";
}

export interface SqlCheckConfig extends CheckTimesConfig {
  readonly kind: "sql";
  readonly query: string;
}

export interface HttpCheckConfig extends CheckTimesConfig {
  readonly kind: "http";
  readonly method: "GET" | "HEAD";
  readonly path: string;
  /** The `Host` that is asked for; `null`: the address. */
  readonly host: string | null;
  /** Which status is good. */
  readonly status: readonly StatusRange[];
  readonly header: { readonly name: string; readonly contains: string } | null;
  readonly body: string | null;
  /** `null`: without TLS. */
  readonly tls: CheckTls | null;
}

/** From one status to another, both included. */
export interface StatusRange {
  readonly from: number;
  readonly to: number;
}

export interface CheckTls {
  /** For so many days more the certificate must be valid. */
  readonly minDays: number;
  /** The file with the certificates that are believed; `null`: those that Node believes. */
  readonly ca: string | null;
}

export interface GrpcCheckConfig extends CheckTimesConfig {
  readonly kind: "grpc";
  /** The service that is asked about; `""`: the server as a whole. */
  readonly service: string;
  readonly tls: CheckTls | null;
}

export interface RedisCheckConfig extends CheckTimesConfig {
  readonly kind: "redis";
  readonly passwordFile: string | null;
  /** What it must be; `null`: either. */
  readonly role: "master" | "replica" | null;
}

export interface ExecCheckConfig extends CheckTimesConfig {
  readonly kind: "exec";
  /** The program and its words; `{host}`, `{port}`, `{member}` and `{group}` in them are replaced. */
  readonly command: readonly string[];
  readonly warningIs: "good" | "bad";
  /** As whom it runs when the agent is root; `null`: as the service, or as the agent. */
  readonly runAs: string | null;
}

export interface FileCheckConfig extends CheckTimesConfig {
  readonly kind: "file";
  readonly path: string;
  /** Whether it must be there or must not be there. */
  readonly isWanted: boolean;
  /** How old it may be; `null`: any age. */
  readonly maxAgeMs: number | null;
  readonly contains: string | null;
}

export interface ProcessCheckConfig extends CheckTimesConfig {
  readonly kind: "process";
  /** Names the process by its number; `null`: it is looked for by its name. */
  readonly pidFile: string | null;
  /** The program's name; `null`: any. */
  readonly command: string | null;
}
