import { haproxy, haproxyTuned } from "./haproxy.ts";
import { nginx, nginxTuned } from "./nginx.ts";
import { ours } from "./ours.ts";
import type { SubjectKind } from "./subject.ts";

/** Every proxy that is compared, in the order of the table. */
export const subjects = {
  ours,
  haproxy,
  "haproxy-tuned": haproxyTuned,
  nginx,
  "nginx-tuned": nginxTuned,
} as const satisfies Record<string, SubjectKind>;

export type SubjectName = keyof typeof subjects;
