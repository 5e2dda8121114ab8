import type { CheckTimesConfig, HttpCheckConfig, QuestionConfig } from "../../src/config/check-config.ts";
import { statusRanges } from "../../src/config/resolve-checks.ts";

/** One kind of check as it is measured. */
export interface MeasuredKind {
  readonly question: QuestionConfig;
  /** What is asked; `null`: nobody. */
  readonly server: "web" | "tls" | "grpc" | "redis" | null;
  /** So many a second unless the command line says otherwise. */
  readonly rate: number;
}

const times: CheckTimesConfig = {
  intervalMs: 1000,
  inDoubtMs: 250,
  timeoutMs: 1000,
  rise: 2,
  fall: 3,
  slowMs: null,
  flaps: 5,
};

const http: HttpCheckConfig = {
  kind: "http",
  method: "GET",
  path: "/",
  host: null,
  status: statusRanges("200-399"),
  header: null,
  body: null,
  tls: null,
  ...times,
};

export type Measured = "tcp" | "http" | "http-body" | "https" | "grpc" | "redis" | "exec" | "file" | "process";

export const MEASURED: Readonly<Record<Measured, MeasuredKind>> = {
  tcp: { question: { kind: "tcp", ...times }, server: "web", rate: 1000 },
  http: { question: http, server: "web", rate: 1000 },
  "http-body": { question: { ...http, body: "fine" }, server: "web", rate: 1000 },
  https: { question: { ...http, tls: { minDays: 0, ca: null } }, server: "tls", rate: 100 },
  grpc: { question: { kind: "grpc", service: "", tls: null, ...times }, server: "grpc", rate: 100 },
  redis: { question: { kind: "redis", passwordFile: null, role: null, ...times }, server: "redis", rate: 1000 },
  exec: {
    question: { kind: "exec", command: ["true"], warningIs: "good", runAs: null, ...times },
    server: null,
    rate: 100,
  },
  file: {
    question: { kind: "file", path: "/etc/passwd", isWanted: true, maxAgeMs: null, contains: null, ...times },
    server: null,
    rate: 1000,
  },
  process: { question: { kind: "process", pidFile: null, command: "node", ...times }, server: null, rate: 1000 },
};
